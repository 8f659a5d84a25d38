namespace K8sBackup.ObjectStore.S3;

/// <summary>What can be said about options without asking the endpoint.</summary>
public static class S3OptionsCheck
{
    // A key has at most 1,024 bytes; names take up to ObjectName.LengthMax of them.
    private const int PrefixLengthMax = 400;
    private const int BucketLengthMin = 3;
    private const int BucketLengthMax = 63;

    /// <summary>The endpoint a person wrote; null when it is none.</summary>
    public static Uri? Endpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
        && uri.Host.Length > 0 && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : null;

    /// <summary>Why the options cannot be used, each a sentence.</summary>
    public static IEnumerable<string> Faults(S3Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Bucket.Length is < BucketLengthMin or > BucketLengthMax || !options.Bucket.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
        {
            yield return $"'{options.Bucket}' is no bucket name: {BucketLengthMin} to {BucketLengthMax} lower-case letters, digits, '-' and '.'.";
        }

        if (options.Prefix.Length > PrefixLengthMax || (options.Prefix.Length > 0 && !ObjectName.IsValid(options.Prefix)))
        {
            yield return $"'{options.Prefix}' is no prefix: names of lower-case letters, digits, '-', '_' and '.', joined by '/', up to {PrefixLengthMax} characters.";
        }

        if (options.AuthorityFile is not null && options.Endpoint?.Scheme != Uri.UriSchemeHttps)
        {
            yield return "authorities are given, and the endpoint is not https.";
        }
    }
}
