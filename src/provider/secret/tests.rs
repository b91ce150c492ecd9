use super::*;

const KEY: &str = "sk-planted-0123456789";

fn command(words: &[&str]) -> Secret {
    Secret::at(KeySource::Command(words.iter().map(|it| (*it).to_owned()).collect()))
}

async fn text(secret: &Secret) -> Option<String> {
    secret.get().await.unwrap().map(|it| it.expose_secret().to_owned())
}

#[tokio::test]
async fn a_slow_command_runs_once_and_serves_the_next_request() {
    let folder = tempfile::TempDir::new().unwrap();
    let (runs, gate) = (folder.path().join("runs"), folder.path().join("gate"));
    let script = format!(
        "echo run >> {}; while [ ! -e {} ]; do sleep 0.01; done; echo {KEY}",
        runs.display(),
        gate.display(),
    );
    let secret = command(&["sh", "-c", &script]);
    for _ in 0..3 {
        assert!(timeout(Duration::from_millis(20), secret.get()).await.is_err());
        assert!(secret.is_pending());
    }
    std::fs::write(&gate, "").unwrap();
    // The key is read even though no request waits for it.
    while secret.is_pending() {
        tokio::task::yield_now().await;
    }
    assert_eq!(text(&secret).await.as_deref(), Some(KEY));
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\n");
}

#[tokio::test]
async fn a_key_file_can_be_utf_16_or_an_assignment() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("key");
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    for (bytes, expected) in [
        (utf16(&format!("{KEY}\r\n")), KEY),
        (format!("OPENAI_API_KEY={KEY}\n").into_bytes(), KEY),
        (format!("export OPENAI_API_KEY='{KEY}'\n").into_bytes(), KEY),
        // The end of a key in Base64.
        (b"QUJDREVGR0g==\n".to_vec(), "QUJDREVGR0g=="),
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(
            text(&Secret::at(KeySource::File(path.clone()))).await.as_deref(),
            Some(expected)
        );
    }
    std::fs::write(&path, [0xff, 0xfe, 0x00, 0xd8]).unwrap();
    let reason = Secret::at(KeySource::File(path)).get().await.unwrap_err().to_string();
    assert!(reason.contains("is not a text file"), "{reason}");
}

#[tokio::test]
async fn a_key_file_that_was_empty_is_read_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "\n").unwrap();
    let secret = Secret::at(KeySource::File(path.clone()));
    let reason = secret.get().await.unwrap_err().to_string();
    assert!(reason.contains("contains no key"), "{reason}");
    std::fs::write(&path, format!("'{KEY}'\n")).unwrap();
    assert_eq!(text(&secret).await.as_deref(), Some(KEY));
}

#[tokio::test]
async fn a_rejected_key_is_read_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "sk-old").unwrap();
    let secret = Secret::at(KeySource::File(path.clone()));
    let old = secret.get().await.unwrap();
    assert!(!secret.renew(old.as_ref()).await);
    assert!(!secret.reread().await);
    std::fs::write(&path, "sk-new").unwrap();
    assert!(secret.renew(old.as_ref()).await);
    assert_eq!(text(&secret).await.as_deref(), Some("sk-new"));
    // Another request has already renewed it.
    assert!(secret.renew(old.as_ref()).await);
    assert!(!Secret::variable("A", Some("sk-old".to_owned())).renew(old.as_ref()).await);
}

#[tokio::test]
async fn a_key_is_read_from_each_source() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("\u{feff}{KEY}\r\n")).unwrap();
    let secrets = [
        Secret::variable("A", Some(format!(" {KEY} "))),
        Secret::at(KeySource::File(path)),
        command(&["echo", KEY]),
    ];
    for secret in secrets {
        assert_eq!(text(&secret).await.as_deref(), Some(KEY));
    }
    assert_eq!(text(&Secret::none()).await, None);
}

#[tokio::test]
async fn an_error_names_the_source_of_a_missing_key() {
    let reason = async |secret: Secret| secret.get().await.unwrap_err().to_string();
    let variable = Secret::variable("DEEPSEEK_API_KEY", None);
    assert!(variable.is_missing());
    assert!(reason(variable).await.contains("the variable DEEPSEEK_API_KEY contains no key"));
    assert!(reason(Secret::variable("A", Some(" ".to_owned()))).await.contains("contains no key"));
    let file = Secret::at(KeySource::File("/no/such/key".into()));
    assert!(reason(file).await.contains("the file /no/such/key cannot be read"));
    assert!(reason(command(&["false"])).await.contains("the command false failed"));
    assert!(reason(command(&["/no/such/program"])).await.contains("cannot be run"));
    assert!(reason(command(&["printf", "a\\nb"])).await.contains("contains more than a key"));
}

#[tokio::test]
async fn displayed_text_contains_no_key() {
    for secret in [command(&["echo", KEY]), Secret::variable("A", Some(KEY.to_owned()))] {
        secret.get().await.unwrap();
        assert!(!format!("{secret:?} {}", secret.place()).contains(KEY));
        assert_eq!(secret.hide(&format!("a {KEY} b {KEY}")), "a … b …");
        assert_eq!(secret.hide(&format!("it was {}…", &KEY[..9])), "it was …");
        assert_eq!(secret.hide("sk-pl"), "sk-pl");
    }
}
