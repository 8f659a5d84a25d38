namespace Grpc.Core;

/// <summary>Connections to one address.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to this target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The address, <c>host:port</c>.</summary>
    public string Target { get; }

    /// <summary>An invoker whose calls go over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel and its calls.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Ends the channel and its calls.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
