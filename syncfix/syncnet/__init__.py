"""Networks that hear and see: mel and mouth windows in, embeddings and scores out."""

from syncfix.syncnet.checkpoint import Network, load_network, load_strictly
from syncfix.syncnet.mel import mel_spectrogram
from syncfix.syncnet.model import StableSyncNet
from syncfix.syncnet.registry import find_network
from syncfix.syncnet.scores import Scores

__all__ = [
    "Network",
    "Scores",
    "StableSyncNet",
    "find_network",
    "load_network",
    "load_strictly",
    "mel_spectrogram",
]
