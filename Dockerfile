# The image of web, worker and beat. Python as in requires-python, dependencies as locked.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements-production.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-production.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home tandem && install -d -o tandem /exchange
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY config config
COPY phases phases
COPY scheduling scheduling
COPY integration integration
COPY adminconsole adminconsole
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings.base
# Made-up values that only this step sees: it reads no database and keeps no secret.
RUN SECRET_KEY=only-while-the-image-is-built-and-never-at-run-time-0123456789 DATABASE_URL=postgres://build@localhost/build \
    ALLOWED_HOSTS=build python manage.py collectstatic --no-input
USER tandem
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]
