"""MapIt's own project settings as far as they matter here: no debugging, no throttle, connections that last."""

import os
from pathlib import Path


def _library(name: str) -> str:
    # Django 3.2 looks for versions of its own time only.
    return str(min(Path("/usr/lib").glob(f"**/{name}")))


SECRET_KEY = "only for benchmarks on the loopback address"
DEBUG = False
ALLOWED_HOSTS = ["*"]
TIME_ZONE, LANGUAGE_CODE, USE_I18N, USE_TZ = "Europe/London", "en", True, False
GDAL_LIBRARY_PATH, GEOS_LIBRARY_PATH = _library("libgdal.so.*"), _library("libgeos_c.so.1")
DATABASES = {
    "default": {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": os.environ["MAPIT_DATABASE"],
        "HOST": os.environ["MAPIT_HOST"],
        "USER": os.environ["MAPIT_USER"],
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
# Its answers are streamed and never kept; a cache would only be asked in vain.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
CACHE_MIDDLEWARE_SECONDS = 0
MAPIT_AREA_SRID, MAPIT_COUNTRY, MAPIT_RATE_LIMIT, GOOGLE_ANALYTICS = 4326, "", {}, ""
POSTCODES_AVAILABLE = PARTIAL_POSTCODES_AVAILABLE = False
MIDDLEWARE = [
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
    "mapit.middleware.JSONPMiddleware",
    "mapit.middleware.ViewExceptionMiddleware",
]
ROOT_URLCONF = "mapit.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": (
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            )
        },
    }
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.admin",
    "django.contrib.gis",
    "mapit",
]
