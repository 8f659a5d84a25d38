using System.Globalization;
using K8sBackup.Etcd.Client;

namespace K8sBackup.Etcd.Proving;

/// <summary>
/// Whether a member rewrites its database file just now. A snapshot read meanwhile may be of the wrong file in versions before
/// 3.4.38, 3.5.23 and 3.6.5, and its digest would still be right.
/// </summary>
public static class DefragmentationMetric
{
    private const string Name = "etcd_disk_defrag_inflight ";

    // etcd's metrics are some hundred KiB; reading ends here whatever answers.
    private const int CharactersMax = 8 << 20;

    /// <summary>Asks the member's client address for its metrics.</summary>
    /// <returns>Null when it does not tell there, or has no such metric.</returns>
    public static async Task<bool?> ReadAsync(EtcdEndpoint endpoint, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var handler = EtcdTransport.CreateHandler(endpoint);
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var answer = await http.GetStreamAsync(new Uri(endpoint.Address, "/metrics"), stop.Token).ConfigureAwait(false);
            await using (answer.ConfigureAwait(false))
            {
                using var reader = new StreamReader(answer);
                return await FindAsync(reader, stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static async Task<bool?> FindAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        for (var characters = 0; characters < CharactersMax;)
        {
            if (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is not { } line)
            {
                return null;
            }

            characters += line.Length + 1;
            if (line.StartsWith(Name, StringComparison.Ordinal))
            {
                return double.TryParse(line.AsSpan(Name.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value > 0 : null;
            }
        }

        return null;
    }
}
