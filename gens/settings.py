"""Settings of a GeNS installation, all from the environment; a secret X may come from the file named by X_FILE."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from gens import embedded

ROOT = Path(__file__).resolve().parent.parent
LOCAL = Path(os.environ.get("GENS_LOCAL") or ROOT / ".local")


def env(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE names."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, str(default)).lower()
    if value not in ("1", "true", "yes", "0", "false", "no"):
        raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")
    return value in ("1", "true", "yes")


def number(name: str, default: int, least: int = 1, most: int = 1_000_000_000) -> int:
    text = env(name, str(default))
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} is {text!r}: write a whole number from {least} to {most}.")
    return int(text)


def database(url: str, **extra: Any) -> dict[str, Any]:
    """A DATABASES entry of a postgresql:// URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "A database URL starts with postgresql://; GeNS works on PostgreSQL 15 or newer only."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or parse_qs(parts.query).get("host", [""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **extra,
    }


def database_urls() -> tuple[str, str, str]:
    """URLs of gens_app, owner and pilothub: given, or those of the embedded PostgreSQL in .local."""
    if app := env("DATABASE_URL"):
        return app, env("DATABASE_OWNER_URL", app), env("PILOTHUB_DATABASE_URL", app)
    urls = embedded.urls_if_running(LOCAL)
    if urls is None:  # commands that need no database still work; the others say that nobody listens there
        nobody = "postgresql://gens_app@127.0.0.1:1/gens"
        return nobody, nobody, env("PILOTHUB_DATABASE_URL", nobody)
    return urls.app, urls.owner, env("PILOTHUB_DATABASE_URL", urls.pilothub)


_APP_URL, _OWNER_URL, _HUB_URL = database_urls()

# The application is gens_app, held by row-level security; owner migrates and flushes; the pilot Hub is a stranger.
DATABASES = {
    "default": database(_APP_URL, TEST={"MIRROR": "owner"}),
    "owner": database(_OWNER_URL, TEST={"DEPENDENCIES": []}),
    "pilothub": database(_HUB_URL, CONN_MAX_AGE=0, TEST={"DEPENDENCIES": []}),
}
DATABASE_ROUTERS = ["gens.routers.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEBUG = flag("DEBUG")
DEMO = flag("GENS_DEMO")
SECRET_KEY = env("SECRET_KEY") or embedded.secret_key(LOCAL)
# Keys before this one, separated by commas: what they signed and sealed stays good.
SECRET_KEY_FALLBACKS = [key for key in env("SECRET_KEY_FALLBACKS").split(",") if key]
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env("CSRF_TRUSTED_ORIGINS").split(",") if origin]
BEHIND_TLS = flag("BEHIND_TLS", not DEMO)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # certificates.administration.site, to read only
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "pgtrigger",
    "gens.accounts",
    "hubclient",
    "hubclient.pilothub",
    "codelists",
    "certificates",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # before the files too: they are packed beforehand only where collected
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "gens.accounts.middleware.UserLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gens.accounts.middleware.ActingMembership",  # last: it wraps the view in the tenant's transaction
]
ROOT_URLCONF = "gens.urls"
WSGI_APPLICATION = "gens.wsgi.application"
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
                "certificates.views.navigation.navigation",
                "certificates.demo.login_page",
            ],
        },
    }
]
FORM_RENDERER = "gens.form_renderer.FormRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "gens"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "gens.accounts.login.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by administrators, never by sign-up
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
# Attempts are limited by address: behind the proxy the address is the one that it names, not its own.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0
SESSION_COOKIE_AGE = 12 * 3600
MFA_ADAPTER = "gens.accounts.login.Factors"
MFA_FORMS = {
    "activate_totp": "gens.accounts.factor_forms.NewApp",
    "authenticate": "gens.accounts.factor_forms.Code",
    "reauthenticate": "gens.accounts.factor_forms.CodeAgain",
    "add_webauthn": "gens.accounts.factor_forms.NewKey",
    "login_webauthn": "gens.accounts.factor_forms.KeyAlone",
    "authenticate_webauthn": "gens.accounts.factor_forms.Key",
    "reauthenticate_webauthn": "gens.accounts.factor_forms.KeyAgain",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True  # a passkey asks for a fingerprint or a PIN: it is two factors in one
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are those of invitations
# In the demo mails stay here, where a page shows them.
EMAIL_BACKEND = env("EMAIL_BACKEND", f"django.core.mail.backends.{'dummy' if DEMO else 'console'}.EmailBackend")
# Where people reach this installation: the links in mails begin with it.
PUBLIC_URL = env("PUBLIC_URL", "http://localhost:8000").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "localhost"
MFA_TOTP_ISSUER = f"GeNS {PUBLIC_HOST}"  # how an authenticator app calls us
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "gens@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("ar", "العربية"),
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ru", "Русский"),
    ("zh-hans", "中文"),
]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["gens.formats"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # of the server's own notes; each NPPO has its own
INSTALLATION_NAME = _("Generic ePhyto National System")

STATIC_URL = "static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = LOCAL / "static"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Named by content once `collectstatic` has run, so that browsers keep them for a year; plain before.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if (STATIC_ROOT / "staticfiles.json").exists()
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CELERY_BROKER_URL = env("CELERY_BROKER_URL", "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(LOCAL / "broker"),
        "data_folder_out": str(LOCAL / "broker"),
        "control_folder": str(LOCAL / "broker-control"),
    }
    if CELERY_BROKER_URL.startswith("filesystem")
    # a bell must not keep an officer waiting: one try of a second
    else {"socket_connect_timeout": 1, "max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_IGNORE_RESULT = True
# kB: libxml2 keeps every element name that it ever saw; a worker that grew is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(LOCAL / "beat-schedule")
SWEEP_SECONDS = float(env("SWEEP_SECONDS", "10" if DEMO else "60"))
CELERY_BEAT_SCHEDULE = {
    "deliver": {"task": "hubclient.tasks.deliver_waiting", "schedule": SWEEP_SECONDS},
    "track": {"task": "hubclient.tasks.track_sent", "schedule": SWEEP_SECONDS},
    "partners": {"task": "hubclient.tasks.refresh_partners", "schedule": 60 * SWEEP_SECONDS},
    "receive": {"task": "certificates.tasks.receive_all", "schedule": SWEEP_SECONDS},
    "mails": {"task": "gens.accounts.tasks.send_waiting", "schedule": SWEEP_SECONDS},
    "refusals": {"task": "certificates.tasks.tell_refusals", "schedule": 5 * SWEEP_SECONDS},
    "endings": {"task": "certificates.tasks.tell_endings", "schedule": crontab(hour="*/6", minute=41)},
    "requirements": {"task": "certificates.tasks.tell_requirements", "schedule": 15 * SWEEP_SECONDS},
    "digests": {"task": "gens.accounts.tasks.send_digests", "schedule": crontab(minute="*/10")},
    "lists": {"task": "codelists.tasks.refresh_lists", "schedule": crontab(hour=3, minute=17)},
    "batches": {"task": "certificates.tasks.do_batches", "schedule": SWEEP_SECONDS},
    "render": {"task": "certificates.tasks.render_missing", "schedule": SWEEP_SECONDS},
}

# Between two looks for an envelope whose outcome is unknown; the Hub may still be at work on it.
HUBCLIENT_LOOK_SECONDS = float(env("HUBCLIENT_LOOK_SECONDS", "20" if DEMO else "120"))
# The Hub publishes no limits of its own: how long one call may take, how large one message may be.
HUBCLIENT_TIMEOUT_SECONDS = float(env("HUBCLIENT_TIMEOUT_SECONDS", "60"))
HUBCLIENT_MAX_BYTES = number("HUBCLIENT_MAX_BYTES", 10_000_000)
# What reading one received message may cost: certificates.ephyto.xml.Limits.
EPHYTO_LIMITS = {
    "bytes": number("EPHYTO_MAX_BYTES", HUBCLIENT_MAX_BYTES),
    "depth": number("EPHYTO_MAX_DEPTH", 64, least=16, most=128),  # a certificate needs 10; Python's stack bears 128
    "elements": number("EPHYTO_MAX_ELEMENTS", 200_000),
    "attributes": number("EPHYTO_MAX_ATTRIBUTES", 64, least=0),
    "attachments": number("EPHYTO_MAX_ATTACHMENTS", 200, least=0),
    "decoded_bytes": number("EPHYTO_MAX_ATTACHMENT_BYTES", 10_000_000),
    "further": number("EPHYTO_MAX_FURTHER", 20_000_000),
    "pixels": number("EPHYTO_MAX_PIXELS", 100_000_000),
}
# The NPPOs' electronic seals. Their private keys stand in files SEAL_KEYS/<code of the NPPO>/<name>.pem, in the
# environment as SEAL_KEY_<CODE>__<NAME>, or on a token: certificates/seals/keys.py says how.
SEAL_KEYS = Path(env("SEAL_KEYS") or LOCAL / "seal-keys")
SEAL_PKCS11_MODULE = env("SEAL_PKCS11_MODULE")
# Time-stamp servers that an NPPO may choose from, separated by spaces; and how long its papers wait for one that does
# not answer before they are sealed without a time-stamp. Empty: as long as it takes.
SEAL_TIME_SERVERS = env("SEAL_TIME_SERVERS").split()
SEAL_TIME_SECONDS = number("SEAL_TIME_SECONDS", 10, most=60)
SEAL_TIME_MINUTES = number("SEAL_TIME_MINUTES", 0) if env("SEAL_TIME_MINUTES") else None
PILOTHUB_VALIDATOR = "certificates.ephyto.rules.hub_findings"
PILOTHUB_DIRECTORY = Path(env("PILOTHUB_DIRECTORY") or LOCAL / "pilothub")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools", "pikepdf")}
    | {"kombu.connection": {"level": "ERROR"}},  # the filesystem broker has no host name to miss
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
}
