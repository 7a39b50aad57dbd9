"""The guard: an ASGI application that lets nothing personal pass unguarded; one file per guard."""
