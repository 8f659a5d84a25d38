namespace K8sBackup.FileTree.Walking;

/// <summary>Calls made at once, however long they take.</summary>
internal sealed class DirectWalkCalls : IWalkCalls
{
    public static readonly DirectWalkCalls Instance = new();

    public T Run<T>(Func<T> call, Func<int>? progress = null) => call();
}
