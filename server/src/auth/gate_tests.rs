//! What the gate makes of the database's word.

use anfang_protocol::ids::AccountId;
use chrono::TimeDelta;

use super::*;

const NOW: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();

fn bearer(device: Option<u128>) -> Bearer {
    Bearer {
        jurisdiction: JurisdictionId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        session: SessionId(Uuid::from_u128(3)),
        device: device.map(|id| DeviceId(Uuid::from_u128(id))),
    }
}

fn state() -> State {
    State {
        account: Uuid::from_u128(2),
        device: Some(Uuid::from_u128(4)),
        expires_at: NOW + TimeDelta::seconds(1),
        ended_at: None,
        standing: "active".into(),
        protocol: Some(1),
        revoked_at: None,
    }
}

fn refused(bearer: Bearer, state: Option<State>) -> Option<Code> {
    judge(&bearer, state.as_ref(), NOW).err()
}

#[test]
fn who_is_as_the_database_says_is_let_in() {
    assert!(
        matches!(judge(&bearer(Some(4)), Some(&state()), NOW), Ok(Admitted::Actor(actor)) if actor.protocol == 1)
    );
    let enrolling = State { device: None, protocol: None, ..state() };
    assert!(matches!(judge(&bearer(None), Some(&enrolling), NOW), Ok(Admitted::Enrolling(_))));
}

#[test]
fn whatever_the_database_holds_against_a_bearer_keeps_it_out() {
    let (me, invalid) = (bearer(Some(4)), Some(Code::TokenInvalid));
    assert_eq!(refused(me, None), invalid);
    assert_eq!(refused(me, Some(State { account: Uuid::nil(), ..state() })), invalid);
    assert_eq!(refused(bearer(Some(5)), Some(state())), invalid);
    assert_eq!(
        refused(bearer(None), Some(state())),
        invalid,
        "an enrolling token of a sign-in with a device"
    );
    assert_eq!(refused(me, Some(State { device: None, protocol: None, ..state() })), invalid);
    assert_eq!(refused(me, Some(State { protocol: None, ..state() })), invalid);
    assert_eq!(refused(me, Some(State { expires_at: NOW, ..state() })), invalid);
    assert_eq!(refused(me, Some(State { ended_at: Some(NOW), ..state() })), invalid);
    for standing in ["invited", "disabled", "", "Active"] {
        assert_eq!(refused(me, Some(State { standing: standing.into(), ..state() })), invalid, "{standing}");
    }
}

#[test]
fn a_revoked_device_is_told_so_even_though_its_sign_in_ended() {
    let revoked = State { revoked_at: Some(NOW), ended_at: Some(NOW), ..state() };
    assert_eq!(refused(bearer(Some(4)), Some(revoked)), Some(Code::DeviceRevoked));
}
