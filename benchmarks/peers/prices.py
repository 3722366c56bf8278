"""What the peers sell: the shop's SKUs with their prices in cents, as the plainest thing that works."""

CURRENCY = "EUR"
PRICES = {
    "TEA-ASSAM-100": 690,
    "TEA-SENCHA-100": 1150,
    "TEA-ROOIBOS-100": 540,
    "COF-YIRGA-250": 1290,
    "COF-SANTOS-500": 1590,
    "COF-DECAF-250": 1190,
    "POT-GLASS-1L": 3490,
    "POT-IRON-08L": 6900,
    "KET-GOOSE-1L": 8990,
    "GRI-HAND-30": 7450,
    "CUP-STONE-2": 2280,
    "FIL-PAPER-100": 420,
    "SCA-BREW-2KG": 4390,
    "GIFT-BOX-S": 350,
}
