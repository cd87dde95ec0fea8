"""English dates as the certificate writes them: 15 July 2026, 10:42."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATE_FORMAT = "j F"
SHORT_DATETIME_FORMAT = "j F, H:i"
