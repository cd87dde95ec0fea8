"""What people see and press. Every object comes through visible_to(membership)."""
