from patterns_infra.demo.shoppers import Shopper, new_password


def test_passwords_satisfy_the_pools_policy() -> None:
    """Every password has each class of character and the length that the pool asks for, and is new."""
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    for password in passwords:
        assert len(password) >= 12
        classes = (str.islower, str.isupper, str.isdigit, lambda x: not x.isalnum())
        assert all(any(test(x) for x in password) for test in classes)


def test_a_shoppers_text_holds_no_secret() -> None:
    """A shopper may appear in a message or a traceback."""
    shopper = Shopper(
        email="a@example.com", sub="s", id_token="ID", access_token="ACCESS", refresh="REFRESH", password="PASSWORD"
    )
    assert repr(shopper) == "Shopper(email='a@example.com', sub='s')"
