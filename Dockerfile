# Two stages: build with the toolchain, run without one. The image holds the binary and the
# certificates that calls to PSOhub and Bexio are checked against; it runs as nobody.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --bin invoice-gateway \
 && mkdir -p /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/dist/invoice-gateway /usr/local/bin/invoice-gateway
COPY --from=build --chown=nonroot:nonroot /data /data
ENV LISTEN_ADDR=127.0.0.1:8080 \
    DATABASE_URL=sqlite:/data/gateway.db \
    LOG_FORMAT=json
VOLUME /data
USER nonroot
ENTRYPOINT ["/usr/local/bin/invoice-gateway"]
CMD ["serve"]
