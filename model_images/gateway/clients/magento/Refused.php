<?php

declare(strict_types=1);

namespace Example\Gateway\Model;

/** The gateway refused. The message never holds what was sent; `reason` is stable: docs/reference/gateway.md. */
class Refused extends \RuntimeException
{
    public function __construct(
        public readonly int $status,
        public readonly string $reason,
        public readonly string $requestId,
        public readonly bool $mayAskAgain,
        public readonly int $retryAfter,
        string $message
    ) {
        parent::__construct($message);
    }
}
