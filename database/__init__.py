"""How a database comes to its schema: migrations, applied once each, and asked afterwards whether they hold."""
