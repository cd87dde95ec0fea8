"""The electronic seal (PAdES): keys, sealing, and verification of any PDF. `signing` and `looking` alone know pyHanko."""
