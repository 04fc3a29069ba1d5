# Two stages: build with the toolchain, run without one. The image holds the binary and the
# certificates that calls to PSOhub and Bexio are checked against; it runs as nobody in particular.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --bin invoice-gateway

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --create-home gateway
COPY --from=build /src/target/dist/invoice-gateway /usr/local/bin/invoice-gateway
ENV DATABASE_URL=sqlite:/data/gateway.db \
    LOG_FORMAT=json
VOLUME /data
USER gateway
ENTRYPOINT ["invoice-gateway"]
# Without access control this version listens on loopback only: run it in the network of the one
# service that may ask it (docker run --network container:NAME).
CMD ["serve", "--no-auth"]
