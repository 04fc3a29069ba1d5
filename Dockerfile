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
# All that the image holds: the program, the libraries that it is linked to (the C library's, which the compiler brings), and
# the certificates that calls to PSOhub and Bexio are checked against.
RUN install -D --target-directory=/image/usr/local/bin target/dist/invoice-gateway \
 && ldd target/dist/invoice-gateway | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory=/image \
 && install -D --mode=644 --target-directory=/image/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
 && install -d /data

# No shell, no package manager. It runs as nobody in particular, and writes to /data alone: the rest of its file system can be
# read-only (docker run --read-only --tmpfs /tmp).
FROM scratch
COPY --from=build /image /
# A new volume takes its owner from here.
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/usr/local/bin \
    DATABASE_URL=sqlite:/data/gateway.db \
    LISTEN_ADDR=0.0.0.0:8080 \
    LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
USER 10001:10001
# The binary asks itself: the image needs no other program for that.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["invoice-gateway", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["invoice-gateway"]
CMD ["serve"]
