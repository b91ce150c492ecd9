//! Every dialect against every fate of its answer: the correct text or the correct failure, never half of
//! either.

use understudy::models::token_usage::Usage;
use understudy::provider::failure::Failure;
use understudy::provider::transport::Transport;

use crate::support::upstream::script::{Script, Step};
use crate::support::upstream::{Upstream, script};
use crate::support::wire::{TEXT, ask, rows};

fn is_text(result: &Result<String, Failure>) -> bool {
    result.as_deref() == Ok(TEXT)
}

#[tokio::test(start_paused = true)]
async fn streamed_and_whole_answers_have_the_same_text() {
    for row in rows() {
        let whole = Script::cassette(&row.whole_name());
        let upstream = Upstream::start([Script::cassette(&row.cassette("one_line")), whole]);
        let (transport, target) = (Transport::default(), row.target(&upstream));
        let (prompt, cached, [reading, writing]) = (120, row.cached, row.times());
        let expected = Usage { prompt, cached, output: 9, reading, writing, ..Usage::default() };
        for way in ["streamed", "whole"] {
            let answer = ask(&transport, &target).await;
            assert_eq!(answer, Ok((TEXT.to_owned(), expected)), "{:?}, {way}", row.dialect);
        }
        for request in upstream.requests() {
            assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", row.path));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_split_at_any_byte_has_the_same_text() {
    for row in rows() {
        let stream = row.stream();
        let split = |at: usize| {
            let (head, tail) = stream.as_bytes().split_at(at);
            Script::stream(head).then(Step::Bytes(tail.into()))
        };
        row.check((0..=stream.len()).map(split).collect(), is_text).await;
        let pieces = [1, 2, 3, 7, 64].map(|it| Script::stream(stream.clone()).in_pieces(it));
        row.check(pieces.into(), is_text).await;
        let lines = stream.replace('\n', "\r\n");
        row.check(vec![Script::stream(lines)], is_text).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_cut_at_any_byte_is_a_failure() {
    for row in rows() {
        let (stream, whole, event) = (row.stream(), row.whole(), row.whole_event());
        let until = |at: usize| Script::stream(&stream.as_bytes()[..at]);
        let cut = (0..event).map(|at| until(at).then(Step::Cut)).collect();
        row.check(cut, |it| *it == Err(Failure::Cut)).await;
        let ended = (0..whole).map(until).collect();
        row.check(ended, |it| *it == Err(Failure::Cut)).await;
        let enough = (whole..stream.len()).map(until).collect();
        row.check(enough, is_text).await;
        let json = script::cassette(&row.whole_name()).1;
        let end = json.trim_end().len();
        let half = (1..end).step_by(11).map(|at| {
            let at = json.floor_char_boundary(at);
            Script::json(200, &json[..at])
        });
        row.check(half.collect(), |it| *it == Err(Failure::Cut)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_a_successful_response_is_a_failure() {
    for row in rows() {
        let script = Script::cassette(&row.cassette("error_inside"));
        let whole = Script::json(200, row.error);
        let overloaded = |it: &Result<String, Failure>| {
            it.as_ref().is_err_and(|it| it.name() == "overloaded" || it.name() == "bad-request")
        };
        row.check(vec![script.clone(), script.in_pieces(5), whole], overloaded).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_status_is_the_same_failure_in_every_dialect() {
    let statuses = [
        (301, "connect"),
        (308, "connect"),
        (400, "bad-request"),
        (401, "auth"),
        (402, "quota"),
        (403, "auth"),
        (404, "model-gone"),
        (408, "timeout"),
        (409, "overloaded"),
        (413, "context-too-long"),
        (422, "bad-request"),
        (429, "rate-limited"),
        (498, "overloaded"),
        (500, "overloaded"),
        (501, "model-gone"),
        (502, "overloaded"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
    ];
    for row in rows() {
        let bodies = [row.error, "", "<html><body>nginx</body></html>", "{", "\u{0}\u{1b}[2J"];
        let cases = statuses.iter().flat_map(|it| bodies.map(|body| (it, body)));
        let scripts = cases.clone().map(|(it, body)| Script::json(it.0, body)).collect();
        for ((status, body), result) in cases.zip(row.asked(scripts).await) {
            // A firewall's error page says nothing about the key.
            let is_foreign = status.0 == 403 && !body.is_empty() && body != row.error;
            let expected = if is_foreign { "connect" } else { status.1 };
            let name = result.as_ref().map_err(Failure::name).map(String::as_str);
            assert_eq!(name, Err(expected), "{:?}: {} {body}", row.dialect, status.0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_format_of_each_vendor_is_understood() {
    for (folder, expected) in [
        ("openai", "rate limited, retry in 2 s"),
        ("anthropic", "rate limited"),
        ("gemini", "rate limited, retry in 47 s"),
        ("mistral", "rate limited"),
        ("ollama", "overloaded: server busy, please try again. maximum pending requests exceeded"),
        ("llama", "overloaded: Loading model"),
    ] {
        let row = rows().into_iter().find(|it| it.folder == folder).unwrap();
        let script = Script::cassette(&format!("{folder}/limited.json"));
        let failure = row.asked(vec![script]).await.remove(0).unwrap_err();
        assert_eq!(failure.to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_data_is_garbled_in_every_dialect() {
    for row in rows() {
        let garbage = ["{no json}", "42", "[]", "\"\"", "null", "{}", "\u{fffd}", "}{", "<html>"]
            .map(|it| row.event(it));
        let scripts = garbage.iter().map(|it| Script::stream(it.as_bytes())).collect();
        row.check(scripts, |it| {
            matches!(it, Err(Failure::Garbled { .. } | Failure::Cut | Failure::Overloaded { .. }))
        })
        .await;
        let bytes = (0..64_u8).map(|it| {
            let noise = (0..500_u16).map(|at| (at.wrapping_mul(31) >> (it % 5)) as u8 ^ it);
            Script::stream(noise.collect::<Vec<u8>>())
        });
        row.check(bytes.collect(), |it| matches!(it, Err(Failure::Garbled { .. } | Failure::Cut)))
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_fifty_megabytes_is_refused_in_every_dialect() {
    for row in rows() {
        let stream = row.stream();
        let first = stream.split_inclusive(if row.ending == "ndjson" { "\n" } else { "\n\n" });
        let event = first.clone().find(|it| it.contains("println!(")).unwrap();
        let much = |piece: &[u8]| {
            let piece = piece.repeat((64 << 10) / piece.len() + 1);
            let count = (50 << 20) / piece.len();
            Script::new(200, vec![Step::Bytes(piece); count])
        };
        let scripts = vec![much(event.as_bytes()), much(b"x"), much(b"\n")];
        row.check(scripts, |it| matches!(it, Err(Failure::Garbled { .. }))).await;
    }
}
