//! What the transport concludes from an upstream that misbehaves, and what it never does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use invoice_gateway::domain::connection::CircuitState;
use invoice_gateway::domain::{Clock as _, ManualClock, SystemClock};
use invoice_gateway::transport::{
    BaseUrl, BodyFault, BucketConfig, CircuitConfig, Doubt, Method, NoToken, NotSent, Request, RetryConfig,
    StaticToken, Transport, TransportConfig, TransportError,
};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::wire_upstream::{Reply, Upstream, answer, ok, refused};

const TOKEN: &str = "canary-token-4711";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn token() -> StaticToken {
    StaticToken(SecretString::from(TOKEN))
}

/// Bounds short enough for tests, long enough for a busy machine.
fn config() -> TransportConfig {
    TransportConfig {
        connect_timeout: ms(1000),
        read_timeout: ms(300),
        total_timeout: ms(1000),
        stream_timeout: ms(2000),
        retry: RetryConfig { retries_max: 2, base: ms(20), wait_max: ms(200) },
        // Upstreams that misbehave are asked again and again here.
        circuit: CircuitConfig { failures_max: u32::MAX, ..CircuitConfig::default() },
        ..TransportConfig::new("Upstream")
    }
}

fn transport(config: TransportConfig) -> Transport {
    Transport::new(config, Arc::new(SystemClock::new())).unwrap()
}

fn read(url: &str) -> Request {
    Request::get(BaseUrl::parse(url).unwrap().at("/things"), "GET /things")
}

fn write(url: &str) -> Request {
    let url = BaseUrl::parse(url).unwrap().at_with("/things", [("code", "canary-query")]);
    Request::write(Method::POST, url, "POST /things", Some("{}".into()))
}

async fn fetch(transport: &Transport, request: &Request) -> Result<String, TransportError> {
    let answer = transport.fetch(request, &token()).await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

fn is_unknown(error: &TransportError) -> bool {
    matches!(error, TransportError::OutcomeUnknown { .. }) && !error.surely_not_applied()
}

#[tokio::test]
async fn what_cannot_be_reached_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let plain = Upstream::start(|_, _| Reply::Drop).await;
    let not_tls = format!("https://{}", plain.address);
    for url in [refusing.as_str(), "http://no-such-host.invalid", not_tls.as_str()] {
        let transport = transport(config());
        let error = fetch(&transport, &write(url)).await.unwrap_err();
        let unreachable = matches!(error, TransportError::NotSent { reason: NotSent::Unreachable(_), .. });
        assert!(unreachable && error.surely_not_applied(), "{url}: {error}");
        assert_eq!(transport.stats().calls, 1);
        fetch(&transport, &read(url)).await.unwrap_err();
        assert_eq!(
            (transport.stats().calls, transport.stats().retries),
            (4, 2),
            "a read is tried three times"
        );
    }
}

#[tokio::test]
async fn a_tls_handshake_that_hangs_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let config = TransportConfig { connect_timeout: ms(200), ..config() };
    let error = fetch(&transport(config), &write(&url)).await.unwrap_err();
    assert!(matches!(error, TransportError::NotSent { reason: NotSent::Unreachable(_), .. }), "{error:?}");
}

#[tokio::test]
async fn a_write_without_an_answer_is_unknown_and_sent_once() {
    for reply in [
        || Reply::Hang,
        || Reply::Drop,
        || Reply::Last(b"HTTP/1.1 201 Cre".to_vec()),
        || Reply::Last(b"not http at all\r\n\r\n".to_vec()),
        || Reply::Last(b"HTTP/1.1 201 X\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec()),
        || Reply::Last(b"HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"".to_vec()),
    ] {
        let upstream = Upstream::start(move |_, _| reply()).await;
        let error = fetch(&transport(config()), &write(&upstream.url())).await.unwrap_err();
        assert!(is_unknown(&error), "{error:?}");
        assert_eq!(upstream.requests().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_read_is_repeated_twice_at_most() {
    let flaky = Upstream::start(|number, _| match number {
        0 => Reply::Drop,
        1 => Reply::Last(b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n[1".to_vec()),
        _ => ok("[1,2]"),
    })
    .await;
    let transport = transport(config());
    assert_eq!(fetch(&transport, &read(&flaky.url())).await.unwrap(), "[1,2]");
    let stats = transport.stats();
    assert_eq!((stats.calls, stats.failures, stats.retries), (3, 2, 2));
    assert!(stats.last_success_at.is_some() && stats.last_error.is_some());

    let down = Upstream::start(|_, _| Reply::Drop).await;
    assert!(is_unknown(&fetch(&transport, &read(&down.url())).await.unwrap_err()));
    assert_eq!(down.requests().len(), 3);
}

#[tokio::test]
async fn a_search_by_post_is_a_read() {
    let upstream = Upstream::start(|number, _| if number == 0 { Reply::Drop } else { ok("[]") }).await;
    let url = BaseUrl::parse(&upstream.url()).unwrap().at("/search");
    let request = Request::search(url, "POST /search", r#"[{"field":"id"}]"#);
    assert_eq!(fetch(&transport(config()), &request).await.unwrap(), "[]");
    assert!(upstream.requests()[1].ends_with(r#"[{"field":"id"}]"#));
}

#[tokio::test]
async fn only_statuses_that_pass_are_repeated_and_only_for_reads() {
    for (status, reads) in [(500, 1), (502, 3), (503, 3), (504, 3), (400, 1), (401, 1), (404, 1), (422, 1)] {
        let upstream = Upstream::start(move |_, _| Reply::Bytes(answer(status, "", "{}"))).await;
        let transport = transport(config());
        let error = fetch(&transport, &read(&upstream.url())).await.unwrap_err();
        assert_eq!((error.status(), upstream.requests().len()), (Some(status), reads));
        let error = fetch(&transport, &write(&upstream.url())).await.unwrap_err();
        assert_eq!(upstream.requests().len(), reads + 1, "{status}");
        assert_eq!(error.surely_not_applied(), status < 500, "{status}");
    }
}

#[tokio::test]
async fn slow_answers_end_by_silence_and_by_total_time() {
    let clock = SystemClock::new();
    let head = || b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n".to_vec();
    let silent = Upstream::start(move |_, _| Reply::Slow(head(), ms(3000), vec![b"[".to_vec()])).await;
    let drip = Upstream::start(move |_, _| Reply::Slow(head(), ms(100), vec![b"[".to_vec(); 100])).await;
    for (upstream, limit) in [(silent, 300), (drip, 1000)] {
        let began = clock.elapsed();
        let error = fetch(&transport(config()), &write(&upstream.url())).await.unwrap_err();
        let TransportError::OutcomeUnknown { reason: Doubt::TimedOut { after }, .. } = error else {
            panic!("{error:?}");
        };
        let spent = clock.elapsed().saturating_sub(began);
        assert_eq!(after, ms(limit));
        assert!(spent >= ms(limit) && spent < ms(limit + 1000), "{spent:?}");
    }
}

#[tokio::test]
async fn a_deadline_counts_what_was_waited() {
    let silent = Upstream::start(|_, _| Reply::Hang).await;
    let (read_timeout, total_timeout) = (ms(2000), ms(2000));
    let transport =
        transport(TransportConfig { concurrency_max: 1, read_timeout, total_timeout, ..config() });
    let first = write(&silent.url()).deadline(ms(700));
    let second = write(&silent.url()).deadline(ms(2000));
    let (_, error) = tokio::join!(fetch(&transport, &first), fetch(&transport, &second));
    let Err(TransportError::OutcomeUnknown { reason: Doubt::TimedOut { after }, .. }) = error else {
        panic!("{error:?}");
    };
    // The second may have begun to wait somewhat after the first.
    assert!(after < ms(1900), "{after:?} after 700 ms in the queue");
    assert_eq!(silent.requests().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_carries_the_token_nowhere() {
    let elsewhere = Upstream::answering("[]").await;
    let location = format!("location: {}/steal\r\n", elsewhere.url());
    for status in [301, 302, 303, 307, 308] {
        let location = location.clone();
        let upstream = Upstream::start(move |_, _| Reply::Bytes(answer(status, &location, ""))).await;
        for request in [read(&upstream.url()), write(&upstream.url())] {
            let error = fetch(&transport(config()), &request).await.unwrap_err();
            assert_eq!((error.status(), error.surely_not_applied()), (Some(status), false));
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_on() {
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let chunked = move |_: usize, _: &str| {
        let head = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        Reply::Slow(head, ms(0), vec![chunk.clone().into_bytes(); 100])
    };
    let sized = |_: usize, _: &str| ok("x".repeat(100_001));
    // 3 MB of blanks in 2.9 KB.
    let gzipped = gzip_bomb();
    let gzipped = move |_: usize, _: &str| Reply::Bytes(answer(200, "content-encoding: gzip\r\n", &gzipped));
    for upstream in
        [Upstream::start(chunked).await, Upstream::start(sized).await, Upstream::start(gzipped).await]
    {
        let error = fetch(&transport(config()), &read(&upstream.url()).bytes_max(100_000)).await.unwrap_err();
        let fault = BodyFault::TooLarge { max: 100_000 };
        assert!(matches!(&error, TransportError::Body { fault: f, .. } if *f == fault), "{error:?}");
        assert!(!error.surely_not_applied());
        assert_eq!(upstream.requests().len(), 1);
    }
    let exact = Upstream::start(|_, _| ok("x".repeat(100_000))).await;
    let body = fetch(&transport(config()), &read(&exact.url()).bytes_max(100_000)).await.unwrap();
    assert_eq!(body.len(), 100_000);
}

/// `[`, three million blanks, `]`, packed: two stored ends around one long run.
fn gzip_bomb() -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .decode(include_str!("../fixtures/blanks.json.gz.base64").trim())
        .unwrap()
}

#[tokio::test]
async fn a_429_is_waited_for_as_asked_and_holds_back_the_others() {
    let upstream = Upstream::start(|number, _| {
        let limited = || Reply::Bytes(answer(429, "retry-after: 60\r\n", r#"{"error_code":429}"#));
        if number == 0 { limited() } else { ok("[]") }
    })
    .await;
    // Asked for 60 s, capped at 200 ms here.
    let clock = SystemClock::new();
    let capped = transport(config());
    assert_eq!(fetch(&capped, &read(&upstream.url())).await.unwrap(), "[]");
    assert!(clock.elapsed() >= ms(200));

    // With the product's cap of a minute: a caller who cannot wait that long learns it at once.
    let upstream = Upstream::start(|_, _| Reply::Bytes(answer(429, "ratelimit-reset: 50\r\n", "{}"))).await;
    let patient = TransportConfig { retry: RetryConfig::default(), ..config() };
    let transport = transport(patient);
    let began = clock.elapsed();
    let error = fetch(&transport, &read(&upstream.url()).deadline(ms(5000))).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Status { status: 429, wait: Some(wait), .. } if wait.as_secs() == 50)
    );
    let error = fetch(&transport, &write(&upstream.url()).deadline(ms(5000))).await.unwrap_err();
    assert!(
        matches!(error, TransportError::NotSent { reason: NotSent::RateLimited { .. }, .. }),
        "{error:?}"
    );
    assert!(error.surely_not_applied());
    assert_eq!(upstream.requests().len(), 1);
    assert!(clock.elapsed().saturating_sub(began) < ms(2000));
}

#[tokio::test]
async fn a_429_without_headers_is_backed_off_from() {
    let limited = |number, _: &str| if number < 2 { Reply::Bytes(answer(429, "", "")) } else { ok("[]") };
    let upstream = Upstream::start(limited).await;
    assert_eq!(fetch(&transport(config()), &read(&upstream.url())).await.unwrap(), "[]");
    assert_eq!(upstream.requests().len(), 3);
}

#[tokio::test]
async fn the_rate_limit_of_the_headers_is_followed_per_bucket() {
    let upstream = Upstream::start(|_, request| {
        let left = if request.starts_with("POST /search") { 3 } else { 900 };
        let headers =
            format!("ratelimit-limit: 10\r\nratelimit-remaining: {left}\r\nratelimit-reset: 40\r\n");
        Reply::Bytes(answer(200, &headers, "[]"))
    })
    .await;
    let mut config = config();
    config.buckets = vec![BucketConfig::new("general"), BucketConfig::new("search")];
    let transport = transport(config);
    let url = BaseUrl::parse(&upstream.url()).unwrap().at("/search");
    let search = Request::search(url, "POST /search", "[]").bucket("search").deadline(ms(5000));
    fetch(&transport, &search).await.unwrap();
    fetch(&transport, &search).await.unwrap();
    // A fifth of ten is left to writes.
    let error = fetch(&transport, &search).await.unwrap_err();
    assert!(
        matches!(error, TransportError::NotSent { reason: NotSent::RateLimited { .. }, .. }),
        "{error:?}"
    );
    fetch(&transport, &read(&upstream.url())).await.unwrap();
    let seen: Vec<_> =
        transport.buckets().iter().map(|bucket| (bucket.name, bucket.limit, bucket.remaining)).collect();
    assert_eq!(seen, [("general", Some(10), Some(900)), ("search", Some(10), Some(2))]);
}

#[tokio::test]
async fn calls_at_once_are_limited_and_waiting_ones_end_unsent() {
    let upstream = Upstream::answering("[]").await;
    let mut config = TransportConfig { concurrency_max: 3, reserved: 0, ..config() };
    config.buckets[0].burst = 100;
    let shared = transport(config.clone());
    let request = read(&upstream.url());
    let calls = (0..30).map(|_| fetch(&shared, &request));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(upstream.in_flight_max(), 3);
    assert!(upstream.connections() <= 3, "connections are used again");

    let hanging = Upstream::start(|_, _| Reply::Hang).await;
    let single = transport(TransportConfig { concurrency_max: 1, ..config });
    let (first, second) = (write(&hanging.url()), write(&hanging.url()).deadline(ms(100)));
    let behind_the_first = async {
        while hanging.in_flight_max() == 0 {
            tokio::task::yield_now().await;
        }
        fetch(&single, &second).await
    };
    let (first, second) = tokio::join!(fetch(&single, &first), behind_the_first);
    assert!(is_unknown(&first.unwrap_err()));
    let second = second.unwrap_err();
    assert!(matches!(second, TransportError::NotSent { reason: NotSent::Deadline, .. }), "{second:?}");
    assert_eq!(hanging.requests().len(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_frees_its_turn() {
    let hanging = Upstream::start(|_, _| Reply::Hang).await;
    let good = Upstream::answering("[]").await;
    let single = transport(TransportConfig { concurrency_max: 1, ..config() });
    let request = read(&hanging.url());
    assert!(tokio::time::timeout(ms(50), fetch(&single, &request)).await.is_err());
    assert_eq!(fetch(&single, &read(&good.url())).await.unwrap(), "[]");
}

#[tokio::test]
async fn a_connection_that_closed_while_idle_doubles_no_write() {
    // Says it stays open and closes: the next write finds a dead connection or none.
    let upstream = Upstream::start(|_, _| Reply::Last(answer(200, "", "{}"))).await;
    let transport = transport(config());
    for number in 1..=20 {
        let outcome = fetch(&transport, &write(&upstream.url())).await;
        assert!(upstream.requests().len() <= number, "{outcome:?}");
        if outcome.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn requests_carry_what_the_vendors_ask_for_and_no_more() {
    let upstream = Upstream::answering("{}").await;
    let transport = transport(config());
    let url = BaseUrl::parse(&upstream.url()).unwrap().at("/things/1/issue");
    fetch(&transport, &read(&upstream.url())).await.unwrap();
    fetch(&transport, &write(&upstream.url())).await.unwrap();
    fetch(&transport, &Request::write(Method::PATCH, url, "PATCH /things/{id}/issue", None)).await.unwrap();
    let requests: Vec<String> = upstream.requests().iter().map(|request| request.to_lowercase()).collect();
    for request in &requests {
        assert!(request.contains("\r\naccept: application/json\r\n"), "{request}");
        assert!(request.contains(&format!("\r\nauthorization: bearer {TOKEN}\r\n")), "{request}");
        assert!(request.contains("\r\nuser-agent: invoice-gateway/"), "{request}");
        assert!(!request.contains("\r\nreferer:") && !request.contains("\r\ncookie:"), "{request}");
    }
    assert!(requests[1].contains("\r\ncontent-type: application/json\r\n"));
    assert!(requests[1].contains("\r\ncontent-length: 2\r\n"));
    assert!(!requests[0].contains("content-type") && !requests[2].contains("content-type"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let upstream = Upstream::answering("{}").await;
    let transport = transport(config());
    let bad = StaticToken(SecretString::from("two\nlines"));
    let blank = StaticToken(SecretString::from("  "));
    let sources: [&dyn invoice_gateway::transport::TokenSource; 3] = [&NoToken, &bad, &blank];
    for source in sources {
        let error = transport.fetch(&write(&upstream.url()), source).await.unwrap_err();
        assert!(error.surely_not_applied(), "{error}");
        assert!(!format!("{error} {error:?}").contains("lines"), "{error:?}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn a_stream_hands_out_pieces_and_tells_a_broken_end() {
    let head = || b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let whole = Upstream::start(move |_, _| {
        Reply::Slow(head(), ms(20), vec![b"2\r\n[1\r\n".to_vec(), b"3\r\n,2]\r\n0\r\n\r\n".to_vec()])
    })
    .await;
    let cut = Upstream::start(move |_, _| Reply::Slow(head(), ms(20), vec![b"2\r\n[1\r\n".to_vec()])).await;
    let transport = transport(config());
    let mut stream = transport.stream(&read(&whole.url()), &token()).await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = stream.chunk().await.unwrap() {
        text.extend_from_slice(&piece);
    }
    assert_eq!(text, b"[1,2]");
    drop(stream);
    let mut stream = transport.stream(&read(&cut.url()), &token()).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "[1");
    assert!(is_unknown(&stream.chunk().await.unwrap_err()));
    assert_eq!((transport.stats().calls, transport.stats().failures), (2, 1));
}

/// Where log lines go in these tests.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_errors_nor_logs_hold_a_token_a_query_or_a_body() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, a call in a test beside this one would switch its own lines off.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let transport = transport(config());
    let mut texts = Vec::new();
    let echo = format!("Bearer {TOKEN} canary-body");
    let echoing = Upstream::start(move |_, _| Reply::Bytes(answer(422, "", &echo))).await;
    let replies =
        [|| Reply::Drop, || Reply::Hang, || ok("canary-body"), || Reply::Bytes(answer(302, "", ""))];
    let mut upstreams = vec![echoing];
    for reply in replies {
        upstreams.push(Upstream::start(move |_, _| reply()).await);
    }
    for upstream in &upstreams {
        let outcome = fetch(&transport, &write(&upstream.url())).await;
        if let Err(error) = outcome {
            if let TransportError::Status { body, .. } = &error {
                assert!(!body.as_str().contains(TOKEN));
            }
            texts.push(format!("{error} {error:?}"));
        }
    }
    let refused = fetch(&transport, &write("http://no-such-host.invalid")).await.unwrap_err();
    texts.push(format!("{refused} {refused:?} {transport:?} {:?}", transport.stats()));
    texts.push(format!("{:?} {:?}", write("http://h.example"), token()));
    let ours = |line: &&str| line.contains("invoice_gateway");
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().filter(ours).count(), 6, "one line a call: {log}");
    assert!(log.contains("route=\"POST /things\"") && log.contains("attempt=1"), "{log}");
    texts.extend(log.lines().map(str::to_owned));
    for text in texts {
        assert!(!text.contains(TOKEN) && !text.contains("canary-body"), "{text}");
        assert!(!text.contains("canary-query") || !text.contains("invoice_gateway"), "{text}");
    }
}

#[tokio::test]
async fn the_last_places_are_kept_for_writes_and_for_people() {
    let upstream = Upstream::start(|number, _| if number < 2 { Reply::Hang } else { ok("[]") }).await;
    let shared = transport(TransportConfig { concurrency_max: 3, reserved: 1, ..config() });
    let background = read(&upstream.url());
    let hanging = [fetch(&shared, &background), fetch(&shared, &background)];
    let meanwhile = async {
        while upstream.in_flight_max() < 2 {
            tokio::task::yield_now().await;
        }
        // Another look of the service's own has to wait; whoever sits in front of a screen has not.
        let third = fetch(&shared, &background.clone().deadline(ms(50))).await.unwrap_err();
        assert!(matches!(third, TransportError::NotSent { reason: NotSent::Deadline, .. }), "{third:?}");
        assert_eq!(fetch(&shared, &read(&upstream.url()).urgent()).await.unwrap(), "[]");
        assert_eq!(fetch(&shared, &write(&upstream.url())).await.unwrap(), "[]");
    };
    let both = futures_util::future::join_all(hanging);
    tokio::select! {
        () = meanwhile => {}
        ended = both => panic!("they hang: {ended:?}"),
    }
}

fn circuit(failures_max: u32) -> (Transport, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
    let circuit = CircuitConfig { failures_max, open_for: Duration::from_secs(30) };
    let mut config = TransportConfig { circuit, ..config() };
    config.retry.retries_max = 0;
    config.buckets[0].burst = 100;
    (Transport::new(config, clock.clone()).unwrap(), clock)
}

#[tokio::test]
async fn an_upstream_that_fails_is_left_alone_and_one_call_tries_again() {
    let broken = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&broken);
    let upstream =
        Upstream::start(
            move |_, _| {
                if seen.load(Ordering::SeqCst) { refused(503, "\"later\"") } else { ok("[]") }
            },
        )
        .await;
    let (transport, clock) = circuit(3);
    for _ in 0..3 {
        assert_eq!(fetch(&transport, &read(&upstream.url())).await.unwrap_err().status(), Some(503));
    }
    // Nothing leaves, so a write has surely changed nothing.
    for request in [read(&upstream.url()), write(&upstream.url())] {
        let held = fetch(&transport, &request).await.unwrap_err();
        assert!(matches!(held, TransportError::NotSent { reason: NotSent::HeldBack { .. }, .. }), "{held:?}");
        assert!(held.surely_not_applied() && !held.is_transient());
        assert!(held.to_string().contains("503"), "the cause stays in sight: {held}");
    }
    assert_eq!(upstream.requests().len(), 3);
    let stats = transport.stats();
    assert_eq!((stats.calls, stats.circuit.state, stats.circuit.refused), (3, CircuitState::Open, 2));
    assert_eq!(stats.circuit.retry_at.unwrap().to_string(), "2026-03-02T08:00:30Z");

    clock.advance(Duration::from_secs(30));
    assert_eq!(fetch(&transport, &read(&upstream.url())).await.unwrap_err().status(), Some(503));
    clock.advance(Duration::from_secs(59));
    assert!(fetch(&transport, &read(&upstream.url())).await.is_err());
    assert_eq!(upstream.requests().len(), 4, "twice as long after the trial");
    broken.store(false, Ordering::SeqCst);
    assert!(fetch(&transport, &read(&upstream.url())).await.is_err());
    // A person who tests the connection is not held back, and finds it well for everybody.
    assert_eq!(fetch(&transport.forced(), &read(&upstream.url())).await.unwrap(), "[]");
    assert_eq!(fetch(&transport, &write(&upstream.url())).await.unwrap(), "[]");
    assert_eq!(transport.stats().circuit.state, CircuitState::Closed);
}

#[tokio::test]
async fn refusals_and_rate_limits_do_not_count() {
    for code in [400, 401, 404, 422, 429] {
        let upstream = Upstream::start(move |_, _| refused(code, "\"no\"")).await;
        let (transport, clock) = circuit(2);
        for _ in 0..5 {
            assert!(fetch(&transport, &read(&upstream.url())).await.is_err());
            clock.advance(Duration::from_mins(2));
        }
        assert_eq!(transport.stats().circuit.state, CircuitState::Closed, "{code}");
    }
    let hanging = Upstream::start(|_, _| Reply::Hang).await;
    let (transport, _clock) = circuit(2);
    for _ in 0..2 {
        assert!(is_unknown(&fetch(&transport, &write(&hanging.url())).await.unwrap_err()));
    }
    assert_eq!(transport.stats().circuit.state, CircuitState::Open, "time-outs do");
}
