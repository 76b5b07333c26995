"""Measures how many incoming-call webhooks one core answers, compared with what people usually write."""
