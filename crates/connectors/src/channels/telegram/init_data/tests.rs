use super::*;

/// The test vector that six other libraries accept.
const TOKEN: &str = "123456789:TEST-ONLY_not-a-real-token_0123456789";
const FIELDS: &str = "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A1001%2C%22first_name%22%3A%22%D0%90%D0%BD%D0%BD%D0%B0%20%26%20Co%22%2C%22last_name%22%3A%22%D0%9E%E2%80%99%D0%9D%D0%B8%D0%BB%22%2C%22username%22%3A%22anna_test%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%2C%22allows_write_to_pm%22%3Atrue%2C%22photo_url%22%3A%22https%3A%5C%2F%5C%2Ft.me%5C%2Fi%5C%2Fuserpic%5C%2F320%5C%2Fx.svg%22%7D&auth_date=1700000000&start_param=ref_42";
const HASH: &str = "b3fc30d91d0774dc89c7113c22561affcfef386381d6412ec539dc7d94babbf0";
const SIGNATURE: &str =
    "jcTUMRESL8Zaeee_aDSZtr3dkJaVgyrAeONeTiT5gptnin1izo_hTx0tzI8PvHcNgrzsPhady3TD4lGGyYYICg";
const SIGNED_HASH: &str = "29b2c02384e0239da3dddcefcbd52019b8ad81dbbda7fb4ff35d735191958726";

const SIGNED_AT: i64 = 1_700_000_000_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn original() -> String {
    format!("{FIELDS}&hash={HASH}")
}

fn with_signature() -> String {
    format!("{FIELDS}&signature={SIGNATURE}&hash={SIGNED_HASH}")
}

fn verify_at(raw: &str, now_ms: i64) -> Result<InitData, InitDataError> {
    verify(raw, &Secret::new(TOKEN), UtcMs(now_ms), DAY)
}

#[test]
fn the_test_vector_is_accepted_with_and_without_signature() {
    for raw in [original(), with_signature()] {
        let data = verify_at(&raw, SIGNED_AT + 1000).unwrap();
        let user = data.user.unwrap();
        assert_eq!((user.id.as_str(), user.first_name.as_str()), ("1001", "Анна & Co"));
        assert_eq!((user.last_name.as_str(), user.language.as_str()), ("О’Нил", "ru"));
        assert_eq!(data.start_param.as_deref(), Some("ref_42"));
        assert_eq!(data.query_id.as_deref(), Some("AAHdF6IQAAAAAN0XohDhrOrc"));
        assert_eq!((data.auth_at, data.raw), (UtcMs(SIGNED_AT), raw));
    }
}

#[test]
fn our_signature_is_telegrams() {
    let fields = parse_fields(FIELDS).unwrap();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let raw = sign(&fields, &Secret::new(TOKEN));
    assert!(raw.ends_with(&format!("&hash={HASH}")), "{raw}");
    assert!(verify_at(&raw, SIGNED_AT).is_ok());
}

#[test]
fn any_order_and_equivalent_encoding_is_the_same_data() {
    let mut fields: Vec<_> = original().split('&').map(str::to_owned).collect();
    fields.reverse();
    assert!(verify_at(&fields.join("&"), SIGNED_AT).is_ok());
    assert!(
        verify_at(&original().replace("%20", "+").replace("start_param", "%73tart_param"), SIGNED_AT).is_ok()
    );
}

#[test]
fn forged_data_is_refused() {
    let good = original();
    let signed = with_signature();
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let resigned = |fields: &str, token: &str| {
        let fields = parse_fields(fields).unwrap();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sign(&fields, &Secret::new(token))
    };
    let login_widget_hash = {
        // The legacy login widget uses another key; its hash must not pass here.
        use sha2::Digest;
        let mut fields = parse_fields(FIELDS).unwrap();
        fields.sort();
        let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        hex::encode(hmac(&Sha256::digest(TOKEN.as_bytes()), &[lines.join("\n").as_bytes()]))
    };
    use InitDataError::{DuplicateField, Forged, Malformed, NoHash};
    let forged = [
        // Another value, name, case, space.
        (replaced("ref_42", "ref_43"), Forged),
        (replaced("ref_42", ""), Forged),
        (replaced("ref_42", "ref_42%20"), Forged),
        (replaced("ref_42", "%00ref_42"), Forged),
        (replaced("1001", "1002"), Forged),
        (replaced("anna_test", "Anna_test"), Forged),
        (replaced("1700000000", "1700000001"), Forged),
        (replaced("1700000000", "01700000000"), Forged),
        (replaced("start_param", "Start_param"), Forged),
        (replaced("start_param", "start_param%20"), Forged),
        (replaced("%5C%2F", "%2F"), Forged),
        (replaced("%20%26%20", "%2B%26%20"), Forged),
        // Fields added, taken away, doubled.
        (format!("{good}&is_admin=1"), Forged),
        (format!("can_send_after=1&{good}"), Forged),
        (replaced("&start_param=ref_42", ""), Forged),
        (replaced("query_id=AAHdF6IQAAAAAN0XohDhrOrc&", ""), Forged),
        (format!("{good}&start_param=ref_43"), DuplicateField),
        (format!("{good}&start_param=ref_42"), DuplicateField),
        (format!("{good}&auth_date=1700000000"), DuplicateField),
        (format!("{good}&hash={HASH}"), Forged),
        (format!("{FIELDS}&hash=&hash={HASH}"), Forged),
        (format!("{good}&%75ser=%7B%7D"), DuplicateField),
        // Borders moved.
        (replaced("&start_param=", "%26start_param="), Forged),
        (replaced("&start_param=ref_42", "%0Astart_param=ref_42"), Malformed),
        (
            replaced(
                "&auth_date=1700000000&start_param=ref_42",
                "&auth_date=1700000000%0D%0Astart_param=ref_42",
            ),
            Malformed,
        ),
        (replaced("start_param=ref_42", "start_param"), Malformed),
        (good.replace('&', ";"), NoHash),
        (format!("{good}&"), Malformed),
        (format!("?{good}"), Forged),
        // The hash itself.
        (FIELDS.to_owned(), NoHash),
        (format!("{FIELDS}&hash="), Forged),
        (format!("{FIELDS}&hash=0"), Forged),
        (replaced(HASH, &HASH[..63]), Forged),
        (format!("{good}0"), Forged),
        (replaced(HASH, &HASH.to_uppercase()), Forged),
        (replaced(HASH, &"0".repeat(64)), Forged),
        (replaced(HASH, SIGNED_HASH), Forged),
        (replaced(HASH, &login_widget_hash), Forged),
        (good.replace("hash=", "HASH="), NoHash),
        (good.replace("hash=", "hash%00="), NoHash),
        // The signature is a field like the others.
        (signed.replace(SIGNED_HASH, HASH), Forged),
        (signed.replace(&format!("&signature={SIGNATURE}"), ""), Forged),
        (signed.replace("jcTU", "jcTV"), Forged),
        (format!("{good}&signature={SIGNATURE}"), Forged),
        // Another key.
        (resigned(FIELDS, "123456789:TEST-ONLY_not-a-real-token_0123456788"), Forged),
        (resigned(FIELDS, "WebAppData"), Forged),
        (resigned(FIELDS, ""), Forged),
        // Not init data.
        (String::new(), Malformed),
        ("hash".to_owned(), Malformed),
        (format!("hash={HASH}"), Forged),
        ("null".to_owned(), Malformed),
        (format!("{good}&x=%FF"), Malformed),
        (format!("{good}&x={}", "a".repeat(MAX_BYTES)), Malformed),
    ];
    assert!(forged.len() >= 50);
    for (raw, expected) in forged {
        assert_eq!(verify_at(&raw, SIGNED_AT), Err(expected), "{raw}");
    }
}

#[test]
fn a_bot_without_a_key_trusts_nobody() {
    let raw = sign(&[("auth_date", "1700000000")], &Secret::new(""));
    assert_eq!(verify(&raw, &Secret::new(""), UtcMs(SIGNED_AT), DAY), Err(InitDataError::Forged));
}

#[test]
fn age_counts_after_the_signature() {
    let raw = original();
    let check = |now_ms, expected: Result<(), InitDataError>| {
        assert_eq!(verify_at(&raw, now_ms).map(drop), expected, "{now_ms}");
    };
    let day = 24 * 60 * 60 * 1000;
    check(SIGNED_AT, Ok(()));
    check(SIGNED_AT + day, Ok(()));
    check(SIGNED_AT + day + 1, Err(InitDataError::Expired));
    check(SIGNED_AT - 60_000, Ok(()));
    check(SIGNED_AT - 60_001, Err(InitDataError::NotYet));
    assert_eq!(verify_at(&raw.replace("1001", "1002"), SIGNED_AT + 2 * day), Err(InitDataError::Forged));
}

#[test]
fn signed_nonsense_is_malformed() {
    for fields in [
        vec![("user", "{\"id\":1}")],
        vec![("auth_date", "")],
        vec![("auth_date", "+1700000000")],
        vec![("auth_date", "1.7e9")],
        vec![("auth_date", "99999999999999999999")],
        vec![("auth_date", "1700000000"), ("user", "{}")],
        vec![("auth_date", "1700000000"), ("user", "1001")],
    ] {
        let raw = sign(&fields, &Secret::new(TOKEN));
        assert_eq!(verify_at(&raw, SIGNED_AT), Err(InitDataError::Malformed), "{fields:?}");
    }
}

proptest::proptest! {
    /// Nothing is trusted and nothing panics.
    #[test]
    fn nonsense_is_refused(raw in "([a-z_]{0,6}=?%?[0-9a-fA-F]{0,3}[&+;]?|hash=[0-9a-f]{64}&?|.{0,8}){0,12}") {
        proptest::prop_assert!(verify_at(&raw, SIGNED_AT).is_err());
    }

    /// What we sign we trust, whatever is in it; with one bit of the hash turned we do not.
    #[test]
    fn signed_data_is_trusted_until_it_changes(start in "[^\r\n]{0,40}", bit in 0_usize..256) {
        let raw = sign(&[("start_param", start.as_str()), ("auth_date", "1700000000")], &Secret::new(TOKEN));
        let data = verify_at(&raw, SIGNED_AT).unwrap();
        proptest::prop_assert_eq!(data.start_param.as_deref(), Some(start.as_str()));
        let (fields, hash) = raw.rsplit_once('=').unwrap();
        let mut hash = hex::decode(hash).unwrap();
        hash[bit / 8] ^= 1 << (bit % 8);
        let forged = format!("{fields}={}", hex::encode(hash));
        proptest::prop_assert_eq!(verify_at(&forged, SIGNED_AT), Err(InitDataError::Forged));
    }
}
