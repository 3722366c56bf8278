"""The ports on AWS and on the partner's HTTP endpoint. Each module stands alone, to import no more."""
