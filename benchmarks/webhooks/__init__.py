"""Measures how many incoming-call webhooks one core answers, beside what people usually write."""
