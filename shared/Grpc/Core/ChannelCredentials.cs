namespace Grpc.Core;

/// <summary>Whether a channel is encrypted, and what it adds to each call.</summary>
public abstract class ChannelCredentials
{
    /// <summary>No encryption; for <c>http</c> addresses.</summary>
    public static ChannelCredentials Insecure { get; } = new KnownCredentials(isSecure: false, null);

    /// <summary>TLS as the HTTP handler is set up for; for <c>https</c> addresses.</summary>
    public static ChannelCredentials SecureSsl { get; } = new KnownCredentials(isSecure: true, null);

    /// <summary>Whether TLS is asked for.</summary>
    internal abstract bool IsSecure { get; }

    /// <summary>What is added to each call, if anything.</summary>
    internal abstract CallCredentials? CallCredentials { get; }

    /// <summary>Channel credentials that also add call credentials to each call.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new KnownCredentials(
            channelCredentials.IsSecure,
            channelCredentials.CallCredentials is { } inner ? CallCredentials.Compose(inner, callCredentials) : callCredentials);
    }

    private sealed class KnownCredentials(bool isSecure, CallCredentials? callCredentials) : ChannelCredentials
    {
        internal override bool IsSecure => isSecure;

        internal override CallCredentials? CallCredentials => callCredentials;
    }
}
