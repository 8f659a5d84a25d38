using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>
/// Credentials a program gives; kept until they expire or the server no longer takes them. The program gets no terminal, a
/// minute, and what it prints is bounded and in no message, for it is the secret. Thread-safe.
/// </summary>
public sealed class ExecCredentials : ICredentialSource, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Credentials this near their end are fetched anew, so that they do not end on the way.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(10);

    private const int OutputBytesMax = 1024 * 1024;

    private readonly ExecPlugin _plugin;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Credential? _credential;
    private DateTimeOffset? _expiresAt;

    public ExecCredentials(ExecPlugin plugin, TimeProvider clock)
    {
        _plugin = plugin;
        _clock = clock;
    }

    public async ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (refresh || _credential is null || _expiresAt - Reserve <= _clock.GetUtcNow())
            {
                ExecCredentialStatus status = Parse(await RunAsync(cancellationToken));
                _credential = new Credential(status.Token ?? "", Certificate(status));
                _expiresAt = status.ExpirationTimestamp;
            }

            return _credential;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<byte[]> RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(Patience, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using Process process = Start();
        try
        {
            process.StandardInput.Close();
            Task<byte[]> output = BoundedReading.ReadAsync(process.StandardOutput.BaseStream, OutputBytesMax, either.Token);
            Task<byte[]> errors = BoundedReading.ReadAsync(process.StandardError.BaseStream, OutputBytesMax, either.Token);
            // Who says too much stands still once nobody reads on, and would not end.
            await await Task.WhenAny(output, errors);
            byte[] said = await output;
            await errors;
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0 ? said : throw Fault($"ended with exit code {process.ExitCode}.");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Fault($"did not end within {Patience.TotalSeconds:0} seconds.");
        }
        catch (InvalidDataException e)
        {
            throw Fault(e.Message);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start()
    {
        ProcessStartInfo start = new(_plugin.Command, _plugin.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in _plugin.Environment)
        {
            start.Environment[name] = value;
        }

        ExecCredential request = new()
        {
            ApiVersion = _plugin.ApiVersion,
            Kind = nameof(ExecCredential),
            Spec = new ExecCredentialSpec { Interactive = false, Cluster = _plugin.Cluster },
        };
        start.Environment["KUBERNETES_EXEC_INFO"] = JsonSerializer.Serialize(request, ExecCredentialContext.Default.ExecCredential);
        try
        {
            return Process.Start(start) ?? throw Fault("did not start.");
        }
        catch (Win32Exception e)
        {
            throw Fault($"cannot be started: {e.Message}. {_plugin.InstallHint}".TrimEnd());
        }
    }

    private ExecCredentialStatus Parse(byte[] output)
    {
        try
        {
            ExecCredential? answer = JsonSerializer.Deserialize(output, ExecCredentialContext.Default.ExecCredential);
            if (answer?.Kind != nameof(ExecCredential) || answer.ApiVersion != _plugin.ApiVersion)
            {
                throw Fault($"gave no ExecCredential of {_plugin.ApiVersion}.");
            }

            bool hasCertificate = !string.IsNullOrEmpty(answer.Status?.ClientCertificateData);
            if (hasCertificate == string.IsNullOrEmpty(answer.Status?.ClientKeyData) || (!hasCertificate && string.IsNullOrEmpty(answer.Status?.Token)))
            {
                throw Fault("gave neither a token nor a certificate with its key.");
            }

            return answer.Status!;
        }
        catch (JsonException)
        {
            throw Fault("gave something that is no JSON.");
        }
    }

    private X509Certificate2? Certificate(ExecCredentialStatus status)
    {
        try
        {
            return string.IsNullOrEmpty(status.ClientCertificateData)
                ? null
                : X509Certificate2.CreateFromPem(status.ClientCertificateData, status.ClientKeyData);
        }
        catch (CryptographicException e)
        {
            throw Fault($"gave a certificate and key that cannot be used: {e.Message}");
        }
    }

    private KubernetesException Fault(string what) => new(KubernetesFailure.Credentials, $"The credential program {_plugin.Command} {what}");
}
