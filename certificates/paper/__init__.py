"""The certificate on paper: `face` says what stands in which box, `pdf` prints it. Screens use `face` too."""
