"""Guard 6. Injection, jailbreaks and encodings on the way in; leaks on the way out. Heuristics: see docs/concepts."""
