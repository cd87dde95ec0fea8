"""The screens with which an NPPO keeps its own house: people, offices, settings, mails. For its administrators."""
