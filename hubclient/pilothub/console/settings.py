"""Settings of the pilot Hub's console: a site of its own, with the pilot Hub's database alone and its own logins.

It shares languages, style sheet and content policy with GeNS, but neither accounts nor sessions nor addresses.
"""

from typing import Final

from django.contrib.messages import constants

from gens import settings as gens

ROOT, LOCAL = gens.ROOT, gens.LOCAL
_URL: Final = gens.env("PILOTHUB_DATABASE_URL")
DATABASES = {
    "default": {},  # there is none: whatever asks for it fails
    "pilothub": gens.database(_URL) if _URL else {**gens.DATABASES["pilothub"], "CONN_MAX_AGE": 60},
}
DATABASE_ROUTERS = gens.DATABASE_ROUTERS
DEFAULT_AUTO_FIELD = gens.DEFAULT_AUTO_FIELD

DEBUG = False
SECRET_KEY = gens.SECRET_KEY + "pilothub"  # what one signs, the other does not believe
ALLOWED_HOSTS = gens.ALLOWED_HOSTS
BEHIND_TLS = gens.flag("BEHIND_TLS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = gens.SECURE_PROXY_SSL_HEADER if BEHIND_TLS else None
CSRF_TRUSTED_ORIGINS = gens.CSRF_TRUSTED_ORIGINS
SECURE_REFERRER_POLICY = gens.SECURE_REFERRER_POLICY
X_FRAME_OPTIONS = gens.X_FRAME_OPTIONS
CONTENT_SECURITY_POLICY = gens.CONTENT_SECURITY_POLICY

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "hubclient.pilothub",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hubclient.pilothub.console.urls"
CSRF_FAILURE_VIEW = "hubclient.pilothub.console.frame.forbidden"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"fields": "gens.field_tags"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hubclient.pilothub.console.frame.frame",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "gens"
MESSAGE_TAGS = {constants.SUCCESS: "ok", constants.ERROR: "bad", constants.INFO: "info", constants.WARNING: "wait"}
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

AUTH_USER_MODEL = "pilothub.Operator"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "traffic", "login"
# Cookies know hosts, not ports: GeNS may run at the next one.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "pilothub_session", "pilothub_csrf"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_AGE = gens.SESSION_COOKIE_AGE

LANGUAGE_CODE, LANGUAGES, LOCALE_PATHS = gens.LANGUAGE_CODE, gens.LANGUAGES, gens.LOCALE_PATHS
FORMAT_MODULE_PATH = gens.FORMAT_MODULE_PATH
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL, STATICFILES_DIRS, STATIC_ROOT = "/static/", gens.STATICFILES_DIRS, gens.STATIC_ROOT
WHITENOISE_USE_FINDERS = True
STORAGES = gens.STORAGES
PILOTHUB_DIRECTORY, PILOTHUB_VALIDATOR = gens.PILOTHUB_DIRECTORY, gens.PILOTHUB_VALIDATOR
LOGGING = gens.LOGGING
