"""A tiny Llama with random weights, and a tokenizer of the toy set's own words. Run by the serving environment."""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PADS, UNKNOWN = "[PAD]", "[UNK]"


def main(folder: Path, words: list[str]) -> None:
    """Write both."""
    torch.manual_seed(3)
    known = {word: number for number, word in enumerate([PADS, UNKNOWN, *sorted(set(words))])}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PADS, unk_token=UNKNOWN).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(known),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split())
