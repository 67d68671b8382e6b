# One image, three roles: `serve` (everything in one process), `serve --role api`, `serve --role worker`.
#
#   docker build -t vodpull .
#   docker run -p 8080:8080 -v vodpull:/data vodpull
#
# Whoever publishes the image pins the base by digest: --build-arg BASE=python:3.13.11-slim-trixie@sha256:…
ARG BASE=python:3.13.11-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/vodpull
COPY requirements.lock /src/
# Only what the lock names, only with these hashes; a layer of its own, since it changes least.
RUN /opt/vodpull/bin/pip install --require-hashes --only-binary :all: -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY src /src/src
RUN /opt/vodpull/bin/pip install --no-deps /src

FROM ${BASE}
# bubblewrap keeps decoders in, tini reaps what they leave, fonts are for text that is burnt in. No pinned versions: Debian keeps only the newest, with its
# security fixes, in a release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap tini fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin vodpull \
    && install -d -o vodpull -g vodpull -m 0750 /data
COPY --from=build /opt/vodpull /opt/vodpull
ENV PATH=/opt/vodpull/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 VODPULL_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
# All that is written: the root may be read-only, with a tmpfs at /tmp.
VOLUME ["/data"]
EXPOSE 8080
# Says that the process answers, not that its database does: a restart would not help there. The same in every role.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--", "vodpull"]
CMD ["serve", "--host", "0.0.0.0"]
