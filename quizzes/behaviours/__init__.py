"""How questions are answered: one module a behaviour, of one shape, apart from the types (requirements Q2)."""
