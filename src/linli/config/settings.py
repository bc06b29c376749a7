"""Wiring. Everything an office may set is an environment variable read here; docs/reference/settings.md lists them."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from linli.config import given

ROOT = Path(__file__).resolve().parents[1]
DATA = given.folder("LINLI_DATA", "data")
MODE = os.environ.get("LINLI_MODE", "serve")  # demo | serve | test


def _kept_secret(name: str) -> str:
    """A secret made on first use and kept in the data folder, readable by its owner only."""
    path = DATA / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
    return path.read_text()


def _database() -> dict[str, Any]:
    url = given.database("LINLI_DB")
    if url is None:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA / "db.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;"
                " PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
            },
        }
    return {
        "ENGINE": "linli.config.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,  # each thread keeps its own: after the server was away none of them answers 503 once more
        "OPTIONS": {},
    }


SECRET_KEY = os.environ.get("LINLI_SECRET_KEY") or _kept_secret("django")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("LINLI_HOSTS", "*").split(",")
TRUSTED_PROXIES = given.networks("LINLI_TRUSTED_PROXIES")  # whose X-Forwarded-* headers are believed
WORKER = given.one_of("LINLI_WORKER", "beside", "inside", "elsewhere")
WEB_PROCESSES = given.number("LINLI_WEB_PROCESSES", 1)
WEB_THREADS = given.number("LINLI_WEB_THREADS", 8)
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "linli.kernel.ledger",
    "linli.kernel.packspec",
    "linli.kernel.places",
    "linli.kernel.people",
    "linli.kernel.matters",
    "linli.kernel.registers",
    "linli.kernel.notices",
    "linli.doors",
]
AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
ROOT_URLCONF = "linli.config.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "linli.doors.middleware.DoorMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "doors" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "linli.doors.page.context"],
            "builtins": ["linli.doors.templatetags.linli"],
        },
    }
]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"
USE_I18N = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "doors" / "static"]
WHITENOISE_USE_FINDERS = True  # files are served from where they stand; nothing has to be collected first
ERASURES = Path(os.environ.get("LINLI_ERASURES") or DATA / "erasures.journal").resolve()
MEDIA_ROOT = DATA / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 60 * 1024 * 1024
CSRF_FAILURE_VIEW = "linli.doors.page.csrf_failed"
HOTLINE = os.environ.get("LINLI_HOTLINE", "1341")  # the number residents are told to call
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

# ── people and notices ───────────────────────────────────────────────
SESSION_ENGINE = "linli.kernel.people.sessions"
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("LINLI_HTTPS", "") == "1"
IDLE_MINUTES = given.number("LINLI_IDLE_MINUTES", 30)  # of staff who sign in with a second factor
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # one guesser does not lock the owner out everywhere
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_CALLABLE = "linli.doors.sign_in.locked.locked"
AXES_VERBOSE = False
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNELS = given.several_of("LINLI_CHANNELS", "inbox,file", "inbox", "file", "email")
SMTP_URL = given.mail_server("LINLI_SMTP_URL")  # smtp://user:password@host:587/?from=name@host&tls=1
QUIET_HOURS = given.hours("LINLI_QUIET_HOURS", "22:00-07:00")

# ── the ledger, for outsiders ────────────────────────────────────────
LEDGER_ORIGIN = os.environ.get("LINLI_LEDGER_ORIGIN", "")  # read once, when the log first signs
CHECKPOINT_EVERY = given.number("LINLI_CHECKPOINT_EVERY", 60)  # seconds
LEDGER_ENTRIES = given.one_of("LINLI_LEDGER_ENTRIES", "public", "closed")
WITNESSES = tuple(filter(None, os.environ.get("LINLI_WITNESSES", "").replace(",", " ").split()))
