"""Chinese dates: the day before the hour, 24 hours, as on the other pages."""

DATE_FORMAT = r"Y年n月j日"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"Y年n月j日 H:i"
SHORT_DATETIME_FORMAT = r"n月j日 H:i"
