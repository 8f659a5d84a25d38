namespace K8sBackup.Repository.Format;

/// <summary>Content of the <c>state</c> object: who may write.</summary>
/// <param name="Generation">Counts writers; each new one is one higher.</param>
/// <param name="Writer">Random id of the writer.</param>
/// <param name="TakenAt">When it took over, for people.</param>
/// <param name="Holder">Who it is, for people.</param>
internal sealed record WriterState(long Generation, ObjectId Writer, DateTimeOffset TakenAt, string Holder);
