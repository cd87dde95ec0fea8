"""The screens with which an NPPO keeps its own house: people, offices, settings, partners. For its administrators."""
