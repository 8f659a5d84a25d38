namespace Grpc.Core;

/// <summary>Base of clients whatever their type.</summary>
public abstract class ClientBase
{
    /// <summary>For test doubles: a client that cannot call.</summary>
    protected ClientBase()
        : this(new UnimplementedCallInvoker())
    {
    }

    /// <summary>A client over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this((channel ?? throw new ArgumentNullException(nameof(channel))).CreateCallInvoker())
    {
    }

    /// <summary>A client over an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker ?? throw new ArgumentNullException(nameof(callInvoker))))
    {
    }

    /// <summary>A client with this configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
    }

    /// <summary>Starts this client's calls.</summary>
    protected CallInvoker CallInvoker => Configuration.Invoker;

    /// <summary>What this client was made with.</summary>
    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>What generated clients are made with; opaque.</summary>
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker invoker) => Invoker = invoker;

        internal CallInvoker Invoker { get; }
    }
}
