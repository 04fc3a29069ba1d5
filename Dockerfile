# Stages: what the dependencies are, the dependencies, the program, and an image with the program alone. A change of the
# sources leaves the second stage's layer as it is, which is most of the time of a build.
FROM rust:1.95-bookworm AS chef
RUN cargo install cargo-chef --locked --version 0.1.78
WORKDIR /src

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /src/recipe.json recipe.json
RUN cargo chef cook --profile dist --locked --bin invoice-gateway --recipe-path recipe.json
COPY . .
RUN cargo build --profile dist --locked --bin invoice-gateway

# The certificates are those that calls to PSOhub and Bexio are checked against. It runs as nobody in particular, and
# writes to /data alone: the rest of its file system can be read-only (docker run --read-only --tmpfs /tmp).
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --create-home gateway
COPY --from=build /src/target/dist/invoice-gateway /usr/local/bin/invoice-gateway
ENV DATABASE_URL=sqlite:/data/gateway.db \
    LISTEN_ADDR=0.0.0.0:8080 \
    LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
USER 10001
# The binary asks itself: the image needs no other program for that.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["invoice-gateway", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["invoice-gateway"]
CMD ["serve"]
