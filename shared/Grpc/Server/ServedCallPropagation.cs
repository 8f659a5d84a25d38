using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Deadline and cancellation of a served call for the calls made for it.</summary>
internal sealed class ServedCallPropagation(ServerCallContext context, ContextPropagationOptions options) : ContextPropagationToken
{
    internal override DateTime? Deadline =>
        options.IsPropagateDeadline && context.Deadline != DateTime.MaxValue ? context.Deadline : null;

    internal override CancellationToken CancellationToken =>
        options.IsPropagateCancellation ? context.CancellationToken : CancellationToken.None;
}
