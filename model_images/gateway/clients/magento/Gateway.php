<?php

/**
 * Magento 2 asks the gateway from its server: cURL and no package.
 *
 * Copy this folder's files into a module's Model folder, set their namespace, and make one in etc/di.xml from values of
 * app/etc/env.php (which is not in version control). Never ask from a page: the certificate's key and the token would
 * lie in every visitor's browser.
 */

declare(strict_types=1);

namespace Example\Gateway\Model;

class Gateway
{
    private const RENEW_SECONDS = 120;
    private const LONGEST_WAIT_SECONDS = 60;
    private const PASSING = [408, 429, 500, 502, 503, 504];

    private ?string $token = null;
    private float $ends = 0.0;
    private ?\CurlHandle $connection = null;

    /**
     * @param string $host `https://<host>` of the gateway
     * @param string $certificate client certificate with its key, PEM, outside of the web root
     * @param string $authority who signed the gateway's certificate, where no public authority did
     * @param string $assertion file with the signed token by which this server proves itself to Entra
     */
    public function __construct(
        private readonly string $host,
        private readonly string $certificate,
        private readonly string $tenant,
        private readonly string $application,
        private readonly string $audience,
        private readonly string $assertion,
        private readonly string $authority = '',
        private readonly string $login = 'https://login.microsoftonline.com',
        private readonly int $attempts = 3
    ) {
    }

    /**
     * A whole answer.
     *
     * @param array<int, array<string, mixed>> $messages
     * @param array<string, mixed> $bailiwick what the text holds, and whom it is about
     * @return array<string, mixed>
     * @throws Refused
     */
    public function chat(string $useCase, array $messages, array $bailiwick = ['data_class' => 'personal']): array
    {
        $body = ['model' => $useCase, 'messages' => $messages, 'bailiwick' => $bailiwick];
        return $this->ask('/v1/chat/completions', $body);
    }

    /**
     * Names of the use cases that this server may ask.
     *
     * @return string[]
     * @throws Refused
     */
    public function useCases(): array
    {
        return array_column($this->ask('/v1/models', null)['data'], 'id');
    }

    private function ask(string $path, ?array $body): array
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->once($path, $body);
            } catch (Refused $refused) {
                if ($refused->status === 401 && $attempt === 1) {
                    // By the gateway's clock the token had ended, or its roles are others now.
                    $this->token = null;
                    continue;
                }
                $again = $refused->mayAskAgain && $refused->retryAfter <= self::LONGEST_WAIT_SECONDS;
                if (!$again || $attempt >= $this->attempts) {
                    throw $refused;
                }
                usleep((int) (1_000_000 * ($refused->retryAfter ?: 0.5 * 2 ** $attempt)));
            }
        }
    }

    private function once(string $path, ?array $body): array
    {
        $headers = ['Authorization: Bearer ' . $this->token(), 'Content-Type: application/json'];
        $options = [
            CURLOPT_URL => $this->host . $path,
            CURLOPT_SSLCERT => $this->certificate,
            CURLOPT_SSLKEY => $this->certificate,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_TIMEOUT => 150,
        ];
        if ($this->authority !== '') {
            $options[CURLOPT_CAINFO] = $this->authority;
        }
        if ($body !== null) {
            $options[CURLOPT_POSTFIELDS] = json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        }
        // Kept: a handshake with two certificates costs more than a short answer.
        $this->connection ??= curl_init();
        [$status, $told, $received] = $this->send($this->connection, $options);
        $answer = json_decode($told, true);
        if ($status === 200 && is_array($answer)) {
            return $answer;
        }
        $error = is_array($answer) ? ($answer['error'] ?? []) : [];
        throw new Refused(
            $status,
            (string) ($error['code'] ?? "http.$status"),
            (string) ($error['request_id'] ?? $received['x-request-id'] ?? ''),
            ($received['x-should-retry'] ?? '') !== 'false' && in_array($status, self::PASSING, true),
            (int) ($received['retry-after'] ?? 0),
            (string) ($error['message'] ?? "status $status")
        );
    }

    /** By client credentials: no secret, an assertion. A token is kept until shortly before its end. */
    private function token(): string
    {
        if ($this->token !== null && $this->ends - microtime(true) > self::RENEW_SECONDS) {
            return $this->token;
        }
        [$status, $told] = $this->send(curl_init(), [
            CURLOPT_URL => "$this->login/$this->tenant/oauth2/v2.0/token",
            CURLOPT_POSTFIELDS => http_build_query([
                'grant_type' => 'client_credentials',
                'client_id' => $this->application,
                'scope' => "$this->audience/.default",
                'client_assertion_type' => 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
                'client_assertion' => trim((string) file_get_contents($this->assertion)),
            ]),
            CURLOPT_TIMEOUT => 10,
        ]);
        $answer = json_decode($told, true);
        if ($status !== 200 || !is_array($answer)) {
            throw new \RuntimeException("no token: status $status");
        }
        $this->ends = microtime(true) + (int) $answer['expires_in'];
        return $this->token = (string) $answer['access_token'];
    }

    /**
     * @param array<int, mixed> $options
     * @return array{int, string, array<string, string>}
     */
    private function send(\CurlHandle $connection, array $options): array
    {
        $received = [];
        curl_reset($connection);
        curl_setopt_array($connection, $options + [
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_SSLVERSION => CURL_SSLVERSION_TLSv1_2,
            // A refusal may come before the body has gone; over HTTP/2 libcurl 7.88 took that for a broken stream.
            CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
            CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$received): int {
                [$name, $value] = array_pad(explode(':', $line, 2), 2, '');
                $received[strtolower(trim($name))] = trim($value);
                return strlen($line);
            },
        ]);
        $told = curl_exec($connection);
        if ($told === false) {
            // cURL's words name the host and the fault, and nothing that was sent.
            throw new \RuntimeException('the gateway can\'t be reached: ' . curl_error($connection));
        }
        return [(int) curl_getinfo($connection, CURLINFO_RESPONSE_CODE), (string) $told, $received];
    }
}
