//! The certificates to trust: those that the system trusts, those issued by a certificate of
//! `network.ca_file`, and the certificates in that file themselves.
//!
//! `openssl req -x509` marks a certificate as an authority, and WebPKI rejects an authority as a server's own
//! certificate. A server that presents exactly a certificate of the file has the key that the user trusts, so
//! it is accepted. Its names are checked if it has any (`subjectAltName`). A certificate without names is
//! accepted for any host, which gives its key no more power than a root in the file has. Its validity dates
//! apply as usual.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::provider::failure;
use crate::provider::failure::Failure;
use crate::provider::transport::client::refuse;

/// Verifies server certificates.
#[derive(Debug)]
pub(super) struct Trust {
    inner: Verifier,
    /// The certificates of `network.ca_file`.
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Loads the system's certificates, which takes some milliseconds, and those of a file.
    pub(super) fn new(file: Option<&Path>, provider: Arc<CryptoProvider>) -> Result<Self, Failure> {
        let own = file.map_or(Ok(Vec::new()), certificates)?;
        // A certificate that cannot be a root can still be trusted by comparison.
        let is_root = |it: &&CertificateDer<'_>| RootCertStore::empty().add((*it).clone()).is_ok();
        let roots: Vec<_> = own.iter().filter(is_root).cloned().collect();
        let inner = Verifier::new_with_extra_roots(roots, provider);
        let inner = inner.map_err(|it| refuse("the system's certificates", &it))?;
        Ok(Self { inner, own })
    }

    /// Verifies the names of a certificate that is in the file, after WebPKI rejected it. `None` if it is not
    /// in the file.
    fn own(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Option<Result<ServerCertVerified, rustls::Error>> {
        self.own.iter().find(|it| it.as_ref() == certificate.as_ref())?;
        let named = ParsedCertificate::try_from(certificate)
            .and_then(|parsed| verify_server_name(&parsed, name));
        Some(match named {
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            })) if presented.is_empty() => Ok(ServerCertVerified::assertion()),
            named => named.map(|()| ServerCertVerified::assertion()),
        })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        verified.or_else(|error| match is_of_dates(&error) {
            true => Err(error),
            false => self.own(end_entity, server_name).unwrap_or(Err(error)),
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let what = format!("network.ca_file {}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|it| refuse(&what, &it))?;
    let read: Result<Vec<_>, _> = read.collect();
    read.map_err(|it| refuse(&what, &it))
}

/// Whether a certificate was rejected because of its dates. WebPKI checks them first.
fn is_of_dates(error: &rustls::Error) -> bool {
    use rustls::CertificateError as It;
    let rustls::Error::InvalidCertificate(error) = error else { return false };
    matches!(
        error,
        It::Expired | It::ExpiredContext { .. } | It::NotValidYet | It::NotValidYetContext { .. }
    )
}

/// Advice for the user about a rejected certificate; `None` for every other error.
pub(super) fn advice(error: &reqwest::Error) -> Option<String> {
    let rustls::Error::InvalidCertificate(refused) = of_tls(error)? else { return None };
    let host = error.url().and_then(Url::host_str).unwrap_or("localhost");
    let kind = if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        "IP"
    } else {
        "DNS"
    };
    let name = host.trim_matches(['[', ']']);
    let makes = format!(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN={name} \
         -addext subjectAltName={kind}:{name} -keyout key.pem -out cert.pem"
    );
    let said = refused.to_string();
    let is_self_signed = said.contains("CaUsedAsEndEntity");
    let why = if is_self_signed { "it is self-signed".to_owned() } else { failure::clean(&said) };
    Some(match refused {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "its certificate is for another host than {name} ({why}); a certificate that works: {makes}"
            )
        }
        _ if is_of_dates(&rustls::Error::InvalidCertificate(refused.clone())) => {
            format!("its certificate is out of date ({why})")
        }
        _ => format!(
            "its certificate is not trusted ({why}); list the certificate, or that of its authority, in \
             network.ca_file; a self-signed one that works there: {makes}"
        ),
    })
}

/// The TLS error inside an error.
fn of_tls(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // `source` of an `io::Error` skips the error that it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|it| it as &dyn Error).or_else(|| error.source());
    }
    None
}
