"""Fine-tuning inside the border: a LoRA adapter by DP-SGD, with what it cost in privacy on record."""
