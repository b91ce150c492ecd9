//! The scripted upstream of the tests, for manual requests:
//!
//!     cargo run --example upstream -- 8123 openai/one_line.sse
//!     cargo run --example upstream -- 8123 429
//!
//! Answers on loopback with cassettes of `tests/cassettes` and statuses in turn, the last one repeatedly, and
//! prints the requests. `--wait MS` sets the pause between the pieces of an answer, `--cut` closes the
//! connection at its end.
#![allow(clippy::print_stdout, reason = "a program for people")]
#![allow(dead_code, reason = "the tests use more of it")]

#[path = "../upstream.rs"]
mod upstream;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::upstream::Upstream;
use crate::upstream::script::{Script, Step};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|it| it.parse().ok());
    let Some(port) = port else {
        println!("usage: upstream PORT [--wait MS] [CASSETTE | STATUS] [--cut] ...");
        return;
    };
    let upstream = Upstream::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), scripts(arguments));
    println!("answers at {}; ^C ends it", upstream.url());
    let mut shown = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        for request in upstream.requests().into_iter().skip(shown) {
            shown += 1;
            let body = String::from_utf8_lossy(&request.body).into_owned();
            println!("{} {} by connection {}", request.method, request.path, request.connection);
            println!("    {body}");
        }
    }
}

fn scripts(mut arguments: impl Iterator<Item = String>) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    let mut wait = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--wait" => wait = arguments.next().and_then(|it| it.parse().ok()),
            "--cut" => {
                if let Some(last) = scripts.last_mut() {
                    last.steps.pop();
                    last.steps.push(Step::Cut);
                }
            }
            name => {
                let script = match name.parse() {
                    Ok(status) => Script::status(status),
                    Err(_) => Script::cassette(name),
                };
                let wait = wait.take().map(Duration::from_millis);
                scripts.push(wait.map_or(script.clone(), |it| script.paced(it)));
            }
        }
    }
    if scripts.is_empty() {
        scripts.push(Script::cassette("openai/one_line.sse"));
    }
    scripts
}
