"""The ePhyto message (UN/CEFACT SPSCertificate 17A as the IPPC narrows it): pure Python, no Django, no database."""
