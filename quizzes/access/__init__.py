"""Who may begin now, beside the attempts that are left: one module a rule, of one shape (requirements Q7)."""
