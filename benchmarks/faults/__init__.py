"""Breaks the panel while calls come in, and balances the books: who was answered, what was kept."""
