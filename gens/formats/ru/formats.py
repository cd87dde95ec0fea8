"""Russian dates: the day before the hour, 24 hours, as on the other pages."""

DATE_FORMAT = r"j E Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = r"j E Y, H:i"
SHORT_DATETIME_FORMAT = r"j E, H:i"
