"""Forms of the sections of a draft. Nothing is required here: drafts have gaps, and the rules say what is missing."""
