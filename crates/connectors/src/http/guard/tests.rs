use super::*;
use crate::testing::inside_hosts;

fn is_allowed(url: &str, allow: &AllowPrivate) -> bool {
    // What does not even parse cannot be called.
    Url::parse(url).is_ok_and(|url| check(&url, allow).is_ok())
}

#[test]
fn every_spelling_of_an_inside_address_is_refused() {
    let urls: Vec<_> = inside_hosts().map(|host| format!("http://{host}/")).collect();
    assert!(urls.len() >= 60, "only {} spellings", urls.len());
    for url in urls {
        assert!(!is_allowed(&url, &AllowPrivate::default()), "{url} was let through");
    }
}

#[test]
fn only_the_web_is_called() {
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "data:text/plain,x",
        "javascript:1",
        "ws://example.com/",
        "unix:/var/run/docker.sock",
        "http:///",
        "//example.com",
        "",
    ] {
        assert!(!is_allowed(url, &AllowPrivate::default()), "{url} was let through");
    }
}

#[test]
fn public_addresses_pass() {
    for url in [
        "http://1.1.1.1/",
        "https://8.8.8.8:8443/x",
        "http://134744072/",
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://192.0.1.1/",
        "http://223.255.255.255/",
        "https://[2606:4700:4700::1111]/",
        "https://[2a00:1450:4001:81b::200e]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::8.8.8.8]/",
        "https://api.telegram.org/",
        "https://xn--e1afmkfd.xn--p1ai/",
    ] {
        assert!(is_allowed(url, &AllowPrivate::default()), "{url} was refused");
    }
}

#[test]
fn the_operator_opens_addresses_one_by_one() {
    let check = |entries: &[&str], url: &str, expected| {
        let allow = AllowPrivate::parse(entries.iter().copied()).unwrap();
        assert_eq!(is_allowed(url, &allow), expected, "{entries:?} and {url}");
    };
    check(&["127.0.0.1:8081"], "http://127.0.0.1:8081/x", true);
    check(&["127.0.0.1:8081"], "http://2130706433:8081/", true);
    check(&["127.0.0.1:8081"], "http://127.0.0.1:8082/", false);
    check(&["127.0.0.1:8081"], "http://127.0.0.2:8081/", false);
    check(&["[::1]:80"], "http://[::1]/", true);
    check(&["[::1]:80"], "https://[::1]/", false);
    check(&["10.0.0.0/8", " "], "http://10.1.2.3/", true);
    check(&["10.0.0.0/8"], "http://[::ffff:10.1.2.3]/", true);
    check(&["10.0.0.0/8"], "http://11.0.0.1/", true);
    check(&["10.0.0.0/8"], "http://127.0.0.1/", false);
    check(&["127.0.0.1"], "http://127.0.0.1:9/", true);
    check(&["fd00::/8"], "http://[fd00::5]/", true);
    check(&["0.0.0.0/0", "::/0"], "http://169.254.169.254/", true);
    for entry in ["bot-api", "http://bot-api:8081", "bot-api:x", "10.0.0.0/99", "a/b:1", "u@h:1", ":1"] {
        assert_eq!(AllowPrivate::parse([entry]), Err(AllowPrivateError(entry.to_owned())));
    }
}

proptest::proptest! {
    /// Whatever the spelling: a host that is let through as an address is a public one.
    #[test]
    fn no_address_slips_through(host in "[0-9a-fA-FxX.:\\[\\]%１-３。-]{1,24}") {
        let Ok(url) = Url::parse(&format!("http://{host}/")) else { return Ok(()) };
        if check(&url, &AllowPrivate::default()).is_ok() {
            match url.host() {
                Some(Host::Ipv4(address)) => proptest::prop_assert!(is_public_v4(address)),
                Some(Host::Ipv6(address)) => proptest::prop_assert!(is_public_v6(address)),
                // A name goes to the guarded resolver; one that std takes for an address would not.
                Some(Host::Domain(name)) => proptest::prop_assert!(name.parse::<IpAddr>().is_err()),
                None => proptest::prop_assert!(false, "no host"),
            }
        }
    }

    /// An IPv4 address is judged alike in all its IPv6 disguises.
    #[test]
    fn disguises_do_not_help(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let public = is_public_v4(address);
        proptest::prop_assert_eq!(is_public_v6(address.to_ipv6_mapped()), public);
        let [a, b, c, d] = address.octets();
        let nat64 = Ipv6Addr::from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
        proptest::prop_assert_eq!(is_public_v6(nat64), public);
        proptest::prop_assert!(!is_public_v6(address.to_ipv6_compatible()));
    }
}
