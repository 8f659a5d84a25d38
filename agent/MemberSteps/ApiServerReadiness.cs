using System.Net;
using System.Net.Security;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Whether an API server says that it is ready.</summary>
internal static class ApiServerReadiness
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>True when it answers /readyz with success, or that it wants to know who asks: then it serves as well.</summary>
    public static async Task<bool> IsReadyAsync(DnsEndPoint place, CancellationToken cancellationToken)
    {
        // Nothing secret is sent, and the answer decides only how long a restore waits; the serving certificate may be of any authority.
#pragma warning disable CA5359
        SslClientAuthenticationOptions tls = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
        using SocketsHttpHandler handler = new() { SslOptions = tls, UseProxy = false, AllowAutoRedirect = false };
        using HttpClient client = new(handler) { Timeout = Timeout };
        string host = place.Host.Contains(':', StringComparison.Ordinal) ? $"[{place.Host}]" : place.Host;
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri($"https://{host}:{place.Port}/readyz"), cancellationToken);
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
