"""Train the networks that cut compound figures and read panel letters; the package runs them without this room."""
