namespace K8sBackup.Etcd.DataDir;

/// <summary>Peer URLs in the one spelling etcd hashes into member ids (etcd.md 5.2).</summary>
public static class PeerUrl
{
    private const string HostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    private const string AddressCharacters = "abcdefABCDEF0123456789:.%ethnslo-_";

    /// <summary>Trims and checks one URL: http or https, host and port, nothing behind the port.</summary>
    /// <exception cref="DataDirException">The URL is not one etcd accepts (<see cref="DataDirFault.InvalidMembership"/>).</exception>
    public static string Normalize(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var text = url.Trim();
        var split = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = split < 0 ? string.Empty : text[..split].ToLowerInvariant();
        if (scheme is not ("http" or "https"))
        {
            throw Invalid(url, "the scheme is neither http nor https");
        }

        var authority = text[(split + 3)..];
        var colon = authority.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(authority[(colon + 1)..], out _) || authority[colon + 1] == '+')
        {
            throw Invalid(url, "it does not end in host and port");
        }

        var host = authority[..colon];
        var isAddress = host is ['[', .., ']'];
        var inner = isAddress ? host[1..^1] : host;
        if (inner.Length == 0 || inner.AsSpan().ContainsAnyExcept(isAddress ? AddressCharacters : HostCharacters))
        {
            throw Invalid(url, "the host is not a name or address");
        }

        return $"{scheme}://{authority}";
    }

    private static DataDirException Invalid(string url, string reason) =>
        new(DataDirFault.InvalidMembership, $"peer URL '{url}': {reason}");
}
